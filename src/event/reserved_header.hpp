#pragma once

#include <string>
#include <string_view>

namespace dispatch {

/// Returns the name as seen by receivers that read HTTP fields from variables (CGI, WSGI, PHP): letters in
/// lower case, and "-" for every character that is neither a letter nor a digit. Such receivers can confuse
/// two fields with the same folded name.
std::string folded_header_name(std::string_view name);

/// True for a header field that neither an event nor a subscription may set: fields that frame the request
/// (RFC 9110, RFC 9112), fields by which a receiver recognises our requests, and "Proxy", which CGI programs
/// read as the variable HTTP_PROXY. Names are compared folded.
bool is_reserved_header(std::string_view name);

}  // namespace dispatch
