#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// A place in a JSON document (RFC 6901): "/delivery/guid", "/items/0/id". A value.
struct JsonPointer {
  std::string text;                 ///< as it was given
  std::vector<std::string> tokens;  ///< with ~1 and ~0 decoded; none: the whole document

  /// Misuse where `text` is neither empty nor begins with '/', or holds a '~' that is not ~0 or ~1.
  static Result<JsonPointer> parse(std::string_view text);
};

}  // namespace dispatch::ingest
