// doctor/cpp_name.h: what a demangled C++ name names.
#pragma once

#include <string>
#include <string_view>

namespace weft::doctor {

/// The qualified name alone, without return type, template arguments, parameters, anonymous namespaces:
/// "void a::(anonymous namespace)::f<int>(long) [clone .cold]" is "a::f"; a lambda in it is "a::f::{lambda}".
std::string qualified_name(std::string_view demangled);

}  // namespace weft::doctor
