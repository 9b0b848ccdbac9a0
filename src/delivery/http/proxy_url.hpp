#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace dispatch::delivery {

/// Reads the URL of a proxy: http or https, a host, perhaps a port, perhaps a user name and a password, and
/// nothing else. Anything else is misuse, in words that hold none of a URL's user name and password. Gives
/// the URL as it came.
Result<std::string> parse_proxy_url(std::string_view text);

}  // namespace dispatch::delivery
