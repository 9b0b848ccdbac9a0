#pragma once

#include "ingest/framing/json_elements.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// Examines the first JSON documents of a text, to distinguish JSON lines from documents that span lines,
/// follow each other, or are arrays of objects. Used by one thread.
class DocumentSight {
 public:
  enum class Sees {
    nothing,     ///< no document has begun
    part,        ///< the first document is valid so far and incomplete
    one_object,  ///< the first line is exactly one object
    documents,   ///< JSON documents that are not lines
    no_json,     ///< not JSON, or the first line is a value that is neither an event nor an array of events
  };
  /// `seen` is the text so far, from its beginning. Examines each byte once.
  Sees look(std::string_view seen, bool ended);

  /// True if the first document spans more than one line so far.
  bool spans_lines() const { return elements_.line() > begin_line_; }
  bool is_array() const { return kind_ == '['; }
  /// Where the text stops being JSON, and why; empty while it is JSON.
  std::uint64_t line() const { return elements_.line(); }
  const std::string& problem() const { return problem_; }

 private:
  Sees take(JsonElements::Event event, std::string_view rest);
  Sees begin_element(char first);
  /// Examines what follows an element that may be a line of its own.
  Sees look_for_separator(std::string_view seen);
  /// True if only space follows the first document on its last line.
  bool first_ended_on_line() const { return complete_ && documents_ == 1 && elements_.line() > end_line_; }
  Sees at_line_end() const;

  JsonElements elements_;
  std::size_t scanned_ = 0;
  std::size_t documents_ = 0;  ///< number of documents begun
  std::size_t elements_begun_ = 0;
  std::uint64_t begin_line_ = 0;  ///< first line of the first document
  std::uint64_t end_line_ = 0;
  std::uint64_t element_line_ = 0;             ///< first line of its first element
  char kind_ = '\0';                           ///< the first byte of the first document
  bool complete_ = false;                      ///< true: the first document has ended
  bool has_object_ = false;                    ///< true: an element of the first document is an object
  std::optional<std::size_t> separator_from_;  ///< end of an element whose separator has not been seen
  Sees sees_ = Sees::nothing;
  std::string problem_;
};

}  // namespace dispatch::ingest
