#include "weft/http/debug.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <protozero/pbf_reader.hpp>

#include "http/running_server.h"
#include "pprof/proto_fields.h"
#include "weft/chan.h"
#include "weft/http/client.h"
#include "weft/sync/group.h"

namespace weft::http {
namespace {

using ::testing::HasSubstr;

class HttpDebug : public ::testing::Test {
 protected:
  template <class Test>
  void with_server(Test&& test) {
    debug(server_);
    run([&] {
      const Running running(server_);
      Client client;
      test([&](const std::string& path) { return client.get("http://" + running.address() + path); });
    });
  }
  Server server_;
};

TEST_F(HttpDebug, SaysThatItIsThereAndReady) {
  with_server([](auto&& get) {
    EXPECT_EQ(get("/healthz").body, "ok\n");
    EXPECT_EQ(get("/readyz").status, 200) << "without an App nobody knows better";
    EXPECT_EQ(get("/readyz").body, "no app\n");
    EXPECT_THAT(get("/debug/pprof/").body, HasSubstr("goroutine"));
    EXPECT_THAT(get("/debug/pprof/cmdline").body, HasSubstr("http_debug_test"));
  });
}

TEST_F(HttpDebug, TellsTheRuntimesMetricsAndTheServers) {
  with_server([](auto&& get) {
    get("/healthz");
    const std::string text = get("/metrics").body;
    EXPECT_THAT(text, HasSubstr("\nweft_sched_goroutines_goroutines "));
    EXPECT_THAT(text, HasSubstr("\nweft_http_requests_total 1\n"));
    EXPECT_THAT(text, HasSubstr("\nweft_http_connections 1\n"));
    const auto vars = boost::json::parse(get("/debug/vars").body);
    EXPECT_THAT(vars.at("cmdline").at(0).as_string().c_str(), HasSubstr("http_debug_test"));
    EXPECT_GE(vars.at("weft").at("/sched/goroutines:goroutines").as_int64(), 2);
    EXPECT_EQ(vars.at("weft_http").at("requests").as_int64(), 2);
  });
}

// Of a profile that names each function it has, and so is what `go tool pprof` reads.
std::vector<std::int64_t> sample_values(const std::string& profile) {
  std::vector<std::int64_t> values;
  std::vector<std::string> strings;
  protozero::pbf_reader reader(profile);
  while (reader.next()) {
    if (reader.tag() == pprof::profile_field::kSample) {
      protozero::pbf_reader sample(reader.get_message());
      while (sample.next(pprof::sample_field::kValue)) {
        for (const std::int64_t value : sample.get_packed_int64()) values.push_back(value);
      }
    } else if (reader.tag() == pprof::profile_field::kString) {
      strings.push_back(reader.get_string());
    } else {
      reader.skip();
    }
  }
  EXPECT_THAT(strings, ::testing::Contains(HasSubstr("weft::http::Server::serve")));
  return values;
}

TEST_F(HttpDebug, TheGoroutineProfileCountsStacks) {
#ifdef WEFT_CONTEXT_BOOST
  GTEST_SKIP() << "Boost.Context's saved contexts cannot be walked: the profile has no stacks of those that wait";
#endif
  with_server([](auto&& get) {
    auto stop = make_chan<void>();
    Group waiting;
    for (int i = 0; i < 7; ++i) waiting.go([&] { stop.recv(); });
    while (get("/debug/pprof/goroutine?debug=2").body.find("[chan receive") == std::string::npos) {
    }
    while (true) {
      const std::vector<std::int64_t> counts = sample_values(get("/debug/pprof/goroutine").body);
      ASSERT_FALSE(counts.empty());
      if (std::find(counts.begin(), counts.end(), 7) != counts.end()) break;  // all have come to the channel
    }
    stop.close();
    waiting.wait();
  });
}

}  // namespace
}  // namespace weft::http
