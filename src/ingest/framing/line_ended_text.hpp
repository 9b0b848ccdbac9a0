#pragma once

#include "ingest/framing/json_structure.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace dispatch::ingest {

/// Finds the end of a JSON text that a line feed closes, as in a JSON text sequence (RFC 7464, section 2.2):
/// after the line feed behind a complete document. Takes the text in pieces of any size and stores none of
/// it. Used by one thread.
class LineEndedText {
 public:
  /// Scans `more`. Returns how many bytes of it belong to the text, line feed included; nothing if the text
  /// does not end in it. Do not call it again after the end.
  std::optional<std::size_t> scan(std::string_view more);

 private:
  enum class State {
    before,  ///< the document has not begun
    inside,
    behind,  ///< a complete document, and no line feed yet
    other,   ///< not exactly one document: only the next separator ends the text
  };

  JsonStructure structure_;
  State state_ = State::before;
};

}  // namespace dispatch::ingest
