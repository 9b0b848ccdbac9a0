#pragma once

#include <string_view>

namespace dispatch {

/// The version of the program, such as "0.1.0". Only version.cpp is recompiled when it changes.
std::string_view version();

/// The program's name for receivers: "dispatch/0.1.0", a product of RFC 9110, 10.1.5.
std::string_view product();

}  // namespace dispatch
