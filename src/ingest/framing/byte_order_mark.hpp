#pragma once

#include <string_view>

namespace dispatch::ingest {

/// U+FEFF in UTF-8, as some programs write it in front of a text.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

}  // namespace dispatch::ingest
