#pragma once

#include <string>

namespace dispatch::delivery {

/// The host in a URL, as libcurl reads it; empty if it cannot. Pure function.
std::string host_name(const std::string& url);

/// Host and port in a URL, with the scheme's own port left out if the URL does so. Pure function.
std::string server_name(const std::string& url);

}  // namespace dispatch::delivery
