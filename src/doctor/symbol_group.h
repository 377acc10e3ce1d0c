// doctor/symbol_group.h: to which package or namespace a symbol belongs, by its name as the linker knows it.
#pragma once

#include <string>
#include <string_view>

namespace weft::doctor {

/// "net/http" of net/http.(*Server).Serve; "(types)", "(C)", ... for what belongs to no package.
std::string go_package_of(std::string_view symbol);

/// The first one or two names of a C++ or Rust symbol's scope: "weft::sched" of _ZN4weft5sched4parkEv; "(global)" for
/// what stands in none, "(C)" for names that no C++ compiler made. Reads the mangled name, so it takes linear time:
/// the readable form of a hostile name may be of any length.
std::string cpp_namespace_of(std::string_view symbol);

/// The readable form of a symbol; what would become too long stays as it is, or is cut.
std::string readable_symbol(std::string_view symbol);

}  // namespace weft::doctor
