#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

// Parts of a URL that need no parser, and URLs for messages and traces. Pure functions; thread-safe.

namespace dispatch {

/// URL schemes, in lower case. Borrowed.
using UrlSchemes = std::span<const std::string_view>;

/// The schemes of HTTP.
inline constexpr std::array<std::string_view, 2> http_schemes{"http", "https"};

/// The scheme of `url` as written; empty if the text before the first colon is not a scheme (RFC 3986, 3.1).
std::string_view scheme_of(std::string_view url);

/// True if `url` begins with that scheme and a colon, ignoring case.
bool has_scheme(std::string_view url, std::string_view scheme);

/// The schemes as a list in a sentence: "http and https", with `word` before the last one and `mark` after
/// each.
std::string listed(UrlSchemes schemes, std::string_view word, std::string_view mark = {});

/// Returns `text` with the user name and password of every URL replaced by "***". For any message: a URL ends
/// at white space, a quotation mark or an angle bracket. A password that was not percent-encoded, and so
/// contains a slash or another end of a URL, is recognised because the text before it cannot be a port.
std::string without_credentials(std::string_view text);

/// Returns scheme, host and port of `url` as written ("https://example.com:8443"), without user name,
/// password, path and query. Returns an empty string if `url` has no "://".
std::string origin_of(std::string_view url);

}  // namespace dispatch
