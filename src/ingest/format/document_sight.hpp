#pragma once

#include "ingest/framing/json_elements.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// Looks at the first JSON documents of a text, to tell JSON lines from documents that are spread over lines,
/// stand one behind the other, or are arrays of objects. Used by one thread.
class DocumentSight {
 public:
  enum class Sees {
    nothing,     ///< no document has begun
    part,        ///< the first document is right so far, and more has to come
    one_object,  ///< the first line is one object
    documents,   ///< JSON documents that are no lines
    no_json,     ///< the text is no JSON, or its first line is a value that is no event and no array of them
  };
  /// `seen` is all that has come of the text, from its begin. Looks at each byte once.
  Sees look(std::string_view seen, bool ended);

  /// True where the first document is spread over more than one line so far.
  bool spans_lines() const { return elements_.line() > begin_line_; }
  bool is_array() const { return kind_ == '['; }
  /// Where the text stops being JSON, and why; empty where it does not.
  std::uint64_t line() const { return elements_.line(); }
  const std::string& problem() const { return problem_; }

 private:
  Sees take(JsonElements::Event event, std::string_view rest);
  Sees begin_element(char first);
  /// Looks at what follows an element that may be a line of its own.
  Sees look_for_separator(std::string_view seen);
  /// True where nothing but space follows the first document on its last line.
  bool first_ended_on_line() const { return complete_ && documents_ == 1 && elements_.line() > end_line_; }
  Sees at_line_end() const;

  JsonElements elements_;
  std::size_t scanned_ = 0;
  std::size_t documents_ = 0;  ///< begun
  std::size_t elements_begun_ = 0;
  std::uint64_t begin_line_ = 0;  ///< of the first document
  std::uint64_t end_line_ = 0;
  std::uint64_t element_line_ = 0;             ///< on which its first element begins
  char kind_ = '\0';                           ///< the first byte of the first document
  bool complete_ = false;                      ///< the first document has ended
  bool has_object_ = false;                    ///< one of the elements of the first document is an object
  std::optional<std::size_t> separator_from_;  ///< behind an element whose separator has not been seen
  Sees sees_ = Sees::nothing;
  std::string problem_;
};

}  // namespace dispatch::ingest
