// Metrics pages, sound and damaged.
#include "doctor/prometheus_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace weft::doctor {
namespace {

TEST(PrometheusText, ReadsTypesHelpLabelsAndEscapes) {
  const PrometheusText page = read_prometheus(
      "# HELP msdos_file_access How\\n often \\\\ it was.\n"
      "# TYPE msdos_file_access gauge\n"
      "msdos_file_access{path=\"C:\\\\DIR\\\\FILE.TXT\",error=\"Cannot find:\\n\\\"x\\\"\",} 1.458255915e9 "
      "1395066363000\n");
  ASSERT_EQ(page.families.size(), 1u);
  const PrometheusFamily& family = page.families[0];
  EXPECT_EQ(family.type, "gauge");
  EXPECT_EQ(family.help, "How\n often \\ it was.");
  ASSERT_EQ(family.samples.size(), 1u);
  EXPECT_EQ(*family.samples[0].label("path"), "C:\\DIR\\FILE.TXT");
  EXPECT_EQ(*family.samples[0].label("error"), "Cannot find:\n\"x\"");
  EXPECT_EQ(family.samples[0].label("no"), nullptr);
  EXPECT_DOUBLE_EQ(family.samples[0].value, 1.458255915e9);
  EXPECT_DOUBLE_EQ(*family.samples[0].unix_seconds, 1395066363);
  EXPECT_EQ(page.bad_lines, 0u);
}

TEST(PrometheusText, ReadsEveryNumber) {
  const PrometheusText page = read_prometheus("a NaN\nb +Inf\nc -Inf\nd 1e-3\ne -7\nf 1e999\ng 5e-999\n");
  ASSERT_EQ(page.samples, 7u);
  const auto value = [&](const char* name) { return page.find(name)->samples[0].value; };
  EXPECT_TRUE(std::isnan(value("a")));
  EXPECT_TRUE(std::isinf(value("b")) && value("b") > 0);
  EXPECT_TRUE(std::isinf(value("c")) && value("c") < 0);
  EXPECT_DOUBLE_EQ(value("d"), 0.001);
  EXPECT_DOUBLE_EQ(value("e"), -7);
  EXPECT_TRUE(std::isinf(value("f")));
  EXPECT_DOUBLE_EQ(value("g"), 0);
}

TEST(PrometheusText, GathersHistogramsAndSummaries) {
  const PrometheusText page = read_prometheus(
      "# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4\nh_count 3\n"
      "# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 4\ns_count 3\n"
      "# TYPE c_total counter\nc_total 5\nfree_count 6\n");
  ASSERT_NE(page.find("h"), nullptr);
  EXPECT_EQ(page.find("h")->samples.size(), 4u);
  EXPECT_EQ(page.find("s")->samples.size(), 3u);
  EXPECT_EQ(page.find("c_total")->samples.size(), 1u);
  ASSERT_NE(page.find("free_count"), nullptr);
  EXPECT_EQ(page.find("free_count")->type, "");
}

TEST(PrometheusText, ReadsOpenMetrics) {
  const PrometheusText page = read_prometheus(
      "# TYPE requests counter\n# UNIT requests seconds\n"
      "requests_total{a=\"b\"} 17 1520879607.789 # {trace_id=\"KOO5S4vxi0o\"} 0.67\n"
      "requests_created 1520430000.123\n# EOF\n");
  ASSERT_EQ(page.families.size(), 1u);
  ASSERT_EQ(page.families[0].samples.size(), 2u);
  EXPECT_DOUBLE_EQ(page.families[0].samples[0].value, 17);
  EXPECT_DOUBLE_EQ(*page.families[0].samples[0].unix_seconds, 1520879607.789);
}

TEST(PrometheusText, CountsBadLinesAndGoesOn) {
  const PrometheusText page = read_prometheus(
      "good 1\nno_value\nbad{x=\"1} 2\nbad{x=1} 2\nbad{x} 2\n{} 3\nbad{x=\"1\" 2\nx 1 soon\nx{a=\"\\\nalso_good 2");
  EXPECT_EQ(page.samples, 2u);
  EXPECT_EQ(page.bad_lines, 8u);
  EXPECT_EQ(page.first_bad_line, "line 2: no value");
}

TEST(PrometheusText, ReadsQuotedNames) {
  const PrometheusText page = read_prometheus("{\"http.requests\", code=\"200\"} 7\n");
  ASSERT_EQ(page.samples, 1u);
  EXPECT_EQ(page.families[0].name, "http.requests");
  EXPECT_EQ(*page.families[0].samples[0].label("code"), "200");
}

}  // namespace
}  // namespace weft::doctor
