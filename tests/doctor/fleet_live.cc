// The fleet's part of `weft doctor` alone, for tests/doctor/fleet_live.py.
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "doctor/fleet.h"

int main(int argc, char** argv) {
  weft::doctor::FleetOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--json") {
      options.json = true;
    } else if (i + 1 == argc) {
      return 2;
    } else if (name == "--prometheus") {
      options.prometheus_url = argv[++i];
    } else if (name == "--match") {
      options.match = argv[++i];
    } else if (name == "--rate-window") {
      options.rate_window = std::chrono::seconds(std::atoi(argv[++i]));
    } else if (name == "--growth-window") {
      options.growth_window = std::chrono::seconds(std::atoi(argv[++i]));
    }
  }
  return weft::doctor::run_fleet(options, std::cout, std::cerr);
}
