#pragma once

#include <string_view>

namespace dispatch {

/// True for a header field that neither an event nor a subscription can set: one that frames the request (RFC
/// 9110, RFC 9112), or by which a receiver knows the request as ours. In any case of letters.
bool is_reserved_header(std::string_view name);

}  // namespace dispatch
