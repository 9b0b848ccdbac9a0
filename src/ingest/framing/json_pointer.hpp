#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// A place in a JSON document (RFC 6901): "/delivery/guid", "/items/0/id". A value.
struct JsonPointer {
  std::string text;                 ///< as given
  std::vector<std::string> tokens;  ///< with ~1 and ~0 decoded; empty: the whole document

  /// Misuse if `text` is not empty and does not begin with '/', or has a '~' that is not ~0 or ~1.
  static Result<JsonPointer> parse(std::string_view text);
};

}  // namespace dispatch::ingest
