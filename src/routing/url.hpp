#pragma once

#include "base/error.hpp"
#include "base/text/url_text.hpp"

#include <string>
#include <string_view>

namespace dispatch::routing {

/// Where a request goes. The spelling is the same for all URLs that mean the same place, so that one
/// destination has one name.
struct Url {
  std::string
      text;  ///< the whole URL, normalised: scheme and host in lower case, no default port, no fragment
  std::string scheme;  ///< in lower case, as "https"
  std::string host;    ///< lower case, no trailing dot, without port; an IPv6 address without brackets
};

/// Reads an absolute URL (RFC 3986) with one of `schemes`: those that there is a transport for. Misuse, with
/// a message that quotes it: another scheme, no host, a user name or password, a port that is none, and bytes
/// that cannot stand in a URL. A fragment is left out, as no request carries one. An international host name
/// is taken in UTF-8 and kept as name servers know it, "xn--bcher-kva.example". Pure; safe for every thread.
Result<Url> parse_url(std::string_view text, UrlSchemes schemes);

}  // namespace dispatch::routing
