#pragma once

#include <string>
#include <string_view>

// URLs as messages and traces show them. Pure; safe for every thread.

namespace dispatch {

/// Returns `text`, in which the user name and password of every URL are replaced by "***". Meant for any
/// message: a URL ends at white space, a quotation mark or an angle bracket. A password that was not
/// percent-encoded, and so holds a slash or what else ends a URL, is found by what cannot be a port before
/// it.
std::string without_credentials(std::string_view text);

/// Returns scheme, host and port of `url` as they stand there ("https://example.com:8443"): no user name, no
/// password, no path, no query. Returns an empty string where `url` has no "://".
std::string origin_of(std::string_view url);

}  // namespace dispatch
