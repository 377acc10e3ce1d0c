// libdw, loaded when the first address is to be symbolized: it brings five more libraries along, which would cost every
// program a millisecond at its start. Where it is not installed (a small container image), dumps show addresses.
#pragma once

#include <elfutils/libdwfl.h>

namespace weft::os {

/// The functions of libdw that weft calls, under their own names.
struct Libdw {
  decltype(&::dwfl_begin) begin;
  decltype(&::dwfl_end) end;
  decltype(&::dwfl_linux_proc_find_elf) linux_proc_find_elf;
  decltype(&::dwfl_standard_find_debuginfo) standard_find_debuginfo;
  decltype(&::dwfl_linux_proc_report) linux_proc_report;
  decltype(&::dwfl_report_end) report_end;
  decltype(&::dwfl_addrmodule) addrmodule;
  decltype(&::dwfl_module_info) module_info;
  decltype(&::dwfl_module_addrinfo) module_addrinfo;
  decltype(&::dwfl_module_getsrc) module_getsrc;
  decltype(&::dwfl_lineinfo) lineinfo;
};

/// Null where there is no libdw.so.1. Thread-safe.
const Libdw* libdw();

}  // namespace weft::os
