#pragma once

#include <string>
#include <string_view>

namespace dispatch {

/// Returns the name as receivers may see it that take HTTP fields from variables (CGI, WSGI, PHP): letters in
/// lower case, and "-" for every character that is neither a letter nor a digit. Two fields whose folded
/// names are the same can be taken for each other.
std::string folded_header_name(std::string_view name);

/// True for a header field that neither an event nor a subscription can set: one that frames the request (RFC
/// 9110, RFC 9112), by which a receiver knows the request as ours, or "Proxy", which CGI programs take for
/// the variable HTTP_PROXY. Names are compared folded.
bool is_reserved_header(std::string_view name);

}  // namespace dispatch
