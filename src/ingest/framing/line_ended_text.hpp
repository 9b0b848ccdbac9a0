#pragma once

#include "ingest/framing/json_structure.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace dispatch::ingest {

/// Finds where a JSON text ends that is closed by a line feed, as each text of a JSON text sequence is (RFC
/// 7464, section 2.2): after the line feed behind a whole document. Takes the text in pieces of any size and
/// holds none of it. Used by one thread.
class LineEndedText {
 public:
  /// Goes on through `more`. Returns how many bytes of it belong to the text, the line feed included; nothing
  /// where the text does not end there. Not to be called again after it has ended.
  std::optional<std::size_t> scan(std::string_view more);

 private:
  enum class State {
    before,  ///< the document has not begun
    inside,
    behind,  ///< a whole document, and no line feed yet
    other,   ///< not one document: only what follows can tell where the text ends
  };

  JsonStructure structure_;
  State state_ = State::before;
};

}  // namespace dispatch::ingest
