#include "doctor/fleet.h"

#include <algorithm>
#include <ostream>
#include <utility>

#include "doctor/fleet_report.h"
#include "doctor/fleet_rules.h"
#include "doctor/fleet_services.h"

namespace weft::doctor {
namespace {

FleetReport make_report(const FleetOptions& options) {
  HttpOptions http;
  http.answer_timeout = options.answer_timeout;
  http.verify_tls = options.verify_tls;
  http.bearer_token = options.bearer_token;
  const PrometheusApi api(options.prometheus_url, http);
  Fleet fleet = ask_fleet(api, options);
  FleetReport report{.prometheus = api.text(),
                     .verdicts = {},
                     .notes = std::move(fleet.notes),
                     .other_processes = fleet.other_processes};
  for (Service& service : fleet.services) report.verdicts.push_back(judge_service(std::move(service)));
  rank(report.verdicts);
  return report;
}

}  // namespace

int run_fleet(const FleetOptions& options, std::ostream& out, std::ostream& err) {
  constexpr int kHealthy = 0, kFindings = 1, kFailed = 2;
  try {
    const FleetReport report = make_report(options);
    if (report.verdicts.empty()) {
      err << "weft doctor: " << report.prometheus << " knows no Go or weft service"
          << (options.match.empty() ? "" : " that {" + options.match + "} selects") << '\n';
      return kFailed;
    }
    if (options.json) {
      write_fleet_json(out, report);
    } else {
      write_fleet_table(out, report, options.most_rows);
    }
    const bool any = std::any_of(report.verdicts.begin(), report.verdicts.end(), [](const FleetVerdict& verdict) {
      return verdict.severity() >= FleetSeverity::kWarning;
    });
    return any ? kFindings : kHealthy;
  } catch (const HttpError& error) {
    err << "weft doctor: " << error.what() << '\n';
    return kFailed;
  }
}

}  // namespace weft::doctor
