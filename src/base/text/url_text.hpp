#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

// The parts of a URL that need no parser, and URLs as messages and traces show them. Pure; safe for every
// thread.

namespace dispatch {

/// URL schemes, in lower case. Borrowed.
using UrlSchemes = std::span<const std::string_view>;

/// Those of HTTP.
inline constexpr std::array<std::string_view, 2> http_schemes{"http", "https"};

/// The scheme of `url` as it stands there; empty where what is before its first colon is no scheme (RFC 3986,
/// 3.1).
std::string_view scheme_of(std::string_view url);

/// True where `url` begins with that scheme and a colon, in whatever case.
bool has_scheme(std::string_view url, std::string_view scheme);

/// "http and https": schemes as a sentence names them, with `word` before the last and `mark` behind each.
std::string listed(UrlSchemes schemes, std::string_view word, std::string_view mark = {});

/// Returns `text`, in which the user name and password of every URL are replaced by "***". Meant for any
/// message: a URL ends at white space, a quotation mark or an angle bracket. A password that was not
/// percent-encoded, and so holds a slash or what else ends a URL, is found by what cannot be a port before
/// it.
std::string without_credentials(std::string_view text);

/// Returns scheme, host and port of `url` as they stand there ("https://example.com:8443"): no user name, no
/// password, no path, no query. Returns an empty string where `url` has no "://".
std::string origin_of(std::string_view url);

}  // namespace dispatch
