#pragma once

#include <cstddef>
#include <string_view>

namespace dispatch::ingest {

/// Returns true where `line` is one JSON object and nothing else but space, as far as its structure shows.
bool is_whole_object(std::string_view line);

/// Counts what the lines of a text look like, to tell JSON lines of which some are broken from the lines of a
/// document that is broken. A blank line is none. Used by one thread.
class LineSurvey {
 public:
  /// `seen` is all that has come of the text, from its begin; where it has `ended`, a last line without an
  /// end counts. Looks at each line once, and at none after the whole objects outnumber the parts.
  void look(std::string_view seen, bool ended);

  /// True where the whole objects outnumber the parts, so that these are lines.
  bool sees_lines() const { return objects_ > parts_; }

  std::size_t lines() const { return lines_; }
  /// Lines that are whole objects.
  std::size_t objects() const { return objects_; }
  /// Lines that look like parts of a document: indented, nothing but brackets, a name with its value, or with
  /// an end that something has to follow.
  std::size_t parts() const { return parts_; }
  /// Of these, objects with a comma behind them.
  std::size_t listed() const { return listed_; }
  /// True where some line begins with '{'.
  bool any_object_begins() const { return any_object_begins_; }

 private:
  void count(std::string_view line);

  std::size_t at_ = 0;        ///< where the next line begins
  std::size_t searched_ = 0;  ///< no end of line between there and here
  std::size_t lines_ = 0, objects_ = 0, parts_ = 0, listed_ = 0;
  bool any_object_begins_ = false;
};

}  // namespace dispatch::ingest
