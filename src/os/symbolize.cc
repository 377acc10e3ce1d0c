#include "os/symbolize.h"

#include <cxxabi.h>
#include <unistd.h>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>

#include "os/libdw.h"

namespace weft::os {
namespace {

struct DwflDeleter {
  void operator()(Dwfl* dwfl) const noexcept { libdw()->end(dwfl); }
};
using DwflHandle = std::unique_ptr<Dwfl, DwflDeleter>;

DwflHandle open_process(const Libdw& dw) {
  static char* debuginfo_path = nullptr;
  static const Dwfl_Callbacks callbacks{
      .find_elf = dw.linux_proc_find_elf,
      .find_debuginfo = dw.standard_find_debuginfo,
      .section_address = nullptr,
      .debuginfo_path = &debuginfo_path,
  };
  DwflHandle dwfl(dw.begin(&callbacks));
  if (dwfl == nullptr || dw.linux_proc_report(dwfl.get(), ::getpid()) != 0) return nullptr;
  dw.report_end(dwfl.get(), nullptr, nullptr);
  return dwfl;
}

std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                          &std::free);
  return status == 0 ? plain.get() : name;
}

SourceLocation locate(const Libdw& dw, Dwfl_Module* module, GElf_Addr address) {
  SourceLocation location;
  if (const char* path = dw.module_info(module, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr))
    location.module = path;
  GElf_Off offset = 0;
  GElf_Sym symbol;
  if (const char* name = dw.module_addrinfo(module, address, &offset, &symbol, nullptr, nullptr, nullptr)) {
    location.function = demangle(name);
    location.offset = offset;
  }
  if (Dwfl_Line* line = dw.module_getsrc(module, address)) {
    if (const char* file = dw.lineinfo(line, nullptr, &location.line, nullptr, nullptr, nullptr)) location.file = file;
  }
  return location;
}

constinit std::mutex mutex;
DwflHandle process;

}  // namespace

SourceLocation symbolize(std::uintptr_t address, bool is_return_address) {
  const Libdw* dw = libdw();
  if (dw == nullptr) return {};
  const std::scoped_lock guard(mutex);
  const GElf_Addr at = is_return_address ? address - 1 : address;
  if (process == nullptr) process = open_process(*dw);
  Dwfl_Module* module = process == nullptr ? nullptr : dw->addrmodule(process.get(), at);
  if (module == nullptr && (process = open_process(*dw)) != nullptr) {  // loaded since
    module = dw->addrmodule(process.get(), at);
  }
  return module == nullptr ? SourceLocation{} : locate(*dw, module, at);
}

void reset_symbolizer_after_fork() noexcept {
  ::new (&mutex) std::mutex;             // its holder is gone,
  static_cast<void>(process.release());  // and left this as it was
}

}  // namespace weft::os
