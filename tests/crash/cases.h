// tests/crash/cases.h: a crash program holds several cases; its argument names the one to run. run.py has the table.
#pragma once

#include <cstdio>
#include <cstring>
#include <initializer_list>

namespace crash {

struct Case {
  const char* name;
  int (*run)();
};

inline int run_case(int argc, char** argv, std::initializer_list<Case> cases) {
  for (const Case& one : cases) {
    if (argc == 2 && std::strcmp(argv[1], one.name) == 0) return one.run();
  }
  std::fprintf(stderr, "usage: %s CASE\n", argv[0]);
  for (const Case& one : cases) std::fprintf(stderr, "  %s\n", one.name);
  return 64;
}

}  // namespace crash
