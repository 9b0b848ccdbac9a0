#pragma once

#include <string_view>

namespace dispatch {

/// The version of the program, as in "0.1.0". Only version.cpp is compiled anew when it changes.
std::string_view version();

/// How the program names itself to receivers: "dispatch/0.1.0", a product of RFC 9110, 10.1.5.
std::string_view product();

}  // namespace dispatch
