#include "os/libdw.h"

#include <dlfcn.h>
#include <optional>

namespace weft::os {
namespace {

std::optional<Libdw> load() {
  void* library = ::dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return std::nullopt;
  bool all = true;
  const auto find = [&]<class Function>(Function*& function, const char* name) {
    function = reinterpret_cast<Function*>(::dlsym(library, name));
    all = all && function != nullptr;
  };
  Libdw dw{};
  find(dw.begin, "dwfl_begin");
  find(dw.end, "dwfl_end");
  find(dw.linux_proc_find_elf, "dwfl_linux_proc_find_elf");
  find(dw.standard_find_debuginfo, "dwfl_standard_find_debuginfo");
  find(dw.linux_proc_report, "dwfl_linux_proc_report");
  find(dw.report_end, "dwfl_report_end");
  find(dw.addrmodule, "dwfl_addrmodule");
  find(dw.module_info, "dwfl_module_info");
  find(dw.module_addrinfo, "dwfl_module_addrinfo");
  find(dw.module_getsrc, "dwfl_module_getsrc");
  find(dw.lineinfo, "dwfl_lineinfo");
  return all ? std::optional<Libdw>(dw) : std::nullopt;
}

}  // namespace

const Libdw* libdw() {
  static const std::optional<Libdw> loaded = load();
  return loaded ? &*loaded : nullptr;
}

}  // namespace weft::os
