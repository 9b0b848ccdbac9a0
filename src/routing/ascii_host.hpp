#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace dispatch::routing {

/// Converts an international host name to the form for DNS, "xn--bcher-kva.example" for "bücher.example"
/// (IDNA 2008, by libcurl's libidn2). Misuse if `host` is not UTF-8, is not a valid name, or if libcurl was
/// built without IDNA; the message says what to write. Thread-safe.
Result<std::string> ascii_host(const std::string& host);

}  // namespace dispatch::routing
