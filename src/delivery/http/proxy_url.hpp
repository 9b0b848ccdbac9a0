#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace dispatch::delivery {

/// Checks the URL of a proxy: http or https, a host, optionally a port, and optionally a user name and a
/// password. Anything else is misuse; the message contains neither user name nor password. Returns the URL
/// unchanged.
Result<std::string> parse_proxy_url(std::string_view text);

}  // namespace dispatch::delivery
