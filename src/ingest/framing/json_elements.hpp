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

/// Finds in JSON text, document behind document, the values that stand for events. Without a pointer these
/// are the elements of each document that is an array, and each other document itself; with one, the elements
/// of the array that it leads to in each document. Takes the text in pieces of any size and holds none of it.
/// Used by one thread.
class JsonElements {
 public:
  explicit JsonElements(std::optional<JsonPointer> records = std::nullopt);

  enum class Event {
    none,            ///< all bytes are used up
    document_begin,  ///< the next byte begins a document
    begin,           ///< the next byte begins an element
    end,             ///< the element has ended before the next byte
    document_end,    ///< the document has ended before the next byte
    broken,          ///< the next byte cannot stand there; problem() says why. It stays so
  };
  struct Step {
    Event event = Event::none;
    std::size_t taken = 0;  ///< bytes of the text before the next one
  };
  /// Goes through `text` up to the next event.
  Step scan(std::string_view text);
  /// At the end of the text; to be called until it returns none or broken.
  Event finish();

  /// The element's place in its array, from 1; 0: it is a document itself.
  std::uint64_t index() const { return index_; }
  /// True where the document has an array of elements, as far as it has been seen.
  bool has_array() const { return has_array_; }
  /// Containers around the next byte.
  std::size_t depth() const { return structure_.depth(); }
  /// The line that the next byte stands on, from 1.
  std::uint64_t line() const { return structure_.line(); }
  const std::string& problem() const { return structure_.problem(); }

 private:
  Event begin_value(char first);
  Event end_value();
  /// True where the value that begins is the one that the pointer's next token names.
  bool on_path();
  void note_name();

  const std::vector<std::string> path_;
  JsonStructure structure_;
  bool document_begun_ = false;  ///< document_begin was reported of the next byte
  bool document_ended_ = false;  ///< document_end is to be reported
  bool in_element_ = false;
  bool in_array_ = false;  ///< the innermost open container is the array of elements
  bool has_array_ = false;
  std::uint64_t index_ = 0;
  std::vector<std::size_t>
      begun_;                  ///< for each open container on the path, how many of its values have begun
  bool name_matches_ = false;  ///< the last name in the innermost of them is that of the path
};

}  // namespace dispatch::ingest
