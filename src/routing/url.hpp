#pragma once

#include "base/error.hpp"
#include "base/text/url_text.hpp"

#include <string>
#include <string_view>

namespace dispatch::routing {

/// A destination URL, normalised so that URLs of the same place have the same text.
struct Url {
  std::string
      text;  ///< the whole URL, normalised: scheme and host in lower case, no default port, no fragment
  std::string scheme;  ///< in lower case, as "https"
  std::string host;    ///< lower case, no trailing dot, without port; an IPv6 address without brackets
};

/// Parses an absolute URL (RFC 3986) with one of `schemes`, the supported ones. Misuse, with a message that
/// quotes the URL: another scheme, no host, a user name or password, an invalid port, and bytes that a URL
/// cannot contain. A fragment is removed, because requests do not carry it. An international host name is
/// given in UTF-8 and stored in the form for DNS, "xn--bcher-kva.example". Pure function; thread-safe.
Result<Url> parse_url(std::string_view text, UrlSchemes schemes);

}  // namespace dispatch::routing
