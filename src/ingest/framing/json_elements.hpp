#pragma once

#include "ingest/framing/json_pointer.hpp"
#include "ingest/framing/json_structure.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// Finds the values that are events in a series of JSON documents. Without a pointer these are the elements
/// of each document that is an array, and each other document itself; with a pointer, the elements of the
/// array at that place in each document. Takes the text in pieces of any size and stores none of it. Used by
/// one thread.
class JsonElements {
 public:
  explicit JsonElements(std::optional<JsonPointer> records = std::nullopt);

  enum class Event {
    none,            ///< all bytes are consumed
    document_begin,  ///< the next byte begins a document
    begin,           ///< the next byte begins an element
    end,             ///< the element ended before the next byte
    document_end,    ///< the document ended before the next byte
    broken,          ///< the next byte is invalid; problem() says why. This state is final
  };
  struct Step {
    Event event = Event::none;
    std::size_t taken = 0;  ///< bytes before the next one
  };
  /// Scans `text` up to the next event.
  Step scan(std::string_view text);
  /// Call it at the end of the text, until it returns none or broken.
  Event finish();

  /// The element's index in its array, from 1; 0: it is a document itself.
  std::uint64_t index() const { return index_; }
  /// True if the document has an array of elements, as far as it has been seen.
  bool has_array() const { return has_array_; }
  /// Number of containers around the next byte.
  std::size_t depth() const { return structure_.depth(); }
  /// The line of the next byte, from 1.
  std::uint64_t line() const { return structure_.line(); }
  const std::string& problem() const { return structure_.problem(); }

 private:
  Event begin_value(char first);
  Event end_value();
  /// True if the value that begins is on the pointer's path.
  bool on_path();
  void note_name();

  const std::vector<std::string> path_;
  JsonStructure structure_;
  bool document_begun_ = false;  ///< document_begin was reported for the next byte
  bool document_ended_ = false;  ///< document_end is to be reported
  bool in_element_ = false;
  bool in_array_ = false;  ///< the innermost open container is the array of elements
  bool has_array_ = false;
  std::uint64_t index_ = 0;
  std::vector<std::size_t>
      begun_;                  ///< for each open container on the path: how many of its values have begun
  bool name_matches_ = false;  ///< the last name in the innermost container is on the path
};

}  // namespace dispatch::ingest
