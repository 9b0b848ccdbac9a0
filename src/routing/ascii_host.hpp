#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace dispatch::routing {

/// The form of an international host name that name servers know, "xn--bcher-kva.example" for
/// "bücher.example" (IDNA 2008, as libcurl's libidn2 has it). Misuse where `host` is not UTF-8, is no such
/// name, or where this libcurl was built without: the message says what to write. Safe for every thread.
Result<std::string> ascii_host(const std::string& host);

}  // namespace dispatch::routing
