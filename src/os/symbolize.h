// Code addresses to function, file and line, from the symbol tables and DWARF of this process (libdw).
#pragma once

#include <cstdint>
#include <string>

namespace weft::os {

struct SourceLocation {
  std::string function;  // demangled; empty: unknown
  std::string file;      // empty: no line information
  int line = 0;
  std::uintptr_t offset = 0;  // from the function's start
  std::string module;         // the executable or shared object
};

/// Thread-safe; allocates; the first call reads the process's modules (tens of ms).
/// `is_return_address`: the call is looked up, not what follows it.
SourceLocation symbolize(std::uintptr_t address, bool is_return_address);

/// In the child of a fork(): whoever was symbolizing is gone.
void reset_symbolizer_after_fork() noexcept;

}  // namespace weft::os
