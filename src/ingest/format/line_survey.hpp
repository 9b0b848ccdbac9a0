#pragma once

#include <cstddef>
#include <string_view>

namespace dispatch::ingest {

/// True if `line` is one JSON object and space, as far as its structure shows.
bool is_whole_object(std::string_view line);

/// Classifies the lines of a text, to distinguish JSON lines of which some are broken from the lines of a
/// broken document. Blank lines do not count. Used by one thread.
class LineSurvey {
 public:
  /// `seen` is the text so far, from its beginning; if `ended`, a last line without a line end counts.
  /// Examines each line once, and stops when complete objects outnumber parts.
  void look(std::string_view seen, bool ended);

  /// True if complete objects outnumber parts, so that the text is JSON lines.
  bool sees_lines() const { return objects_ > parts_; }

  std::size_t lines() const { return lines_; }
  /// Number of lines that are complete objects.
  std::size_t objects() const { return objects_; }
  /// Number of lines that look like parts of a document: indented, only brackets, a name with its value, or
  /// ending with something that must be continued.
  std::size_t parts() const { return parts_; }
  /// Number of parts that are objects followed by a comma.
  std::size_t listed() const { return listed_; }
  /// True if any line begins with '{'.
  bool any_object_begins() const { return any_object_begins_; }

 private:
  void count(std::string_view line);

  std::size_t at_ = 0;        ///< start of the next line
  std::size_t searched_ = 0;  ///< there is no line end between at_ and here
  std::size_t lines_ = 0, objects_ = 0, parts_ = 0, listed_ = 0;
  bool any_object_begins_ = false;
};

}  // namespace dispatch::ingest
