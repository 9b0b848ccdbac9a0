#pragma once

#include "ingest/format/document_sight.hpp"
#include "ingest/format/foreign_format.hpp"
#include "ingest/format/line_survey.hpp"

#include <cstddef>
#include <string_view>

namespace dispatch::ingest {

/// Detects the format of a text from its content, before any of it is consumed. JSON lines: the first line is
/// a complete object. JSON: documents that span lines, follow each other on one line, or are arrays of
/// objects. JSON text sequence: a record separator. If some lines are broken, it is still JSON lines as long
/// as complete objects outnumber lines that look like parts of a document. Everything else is foreign. The
/// decision comes at the earliest byte that suffices. Examines each byte a bounded number of times. Used by
/// one thread.
class FormatDetector {
 public:
  /// `line_most`: does not wait for the end of a longer line. `documents`: of the supported formats, only
  /// JSON documents are allowed.
  explicit FormatDetector(std::size_t line_most, bool documents = false)
      : line_most_(line_most), documents_(documents) {}

  enum class Format {
    undecided,  ///< more of the text is needed
    lines,
    json,
    sequence,
    foreign,  ///< unsupported; foreign() has details
  };
  /// `seen` is the text so far, from its beginning; if `ended`, it is the whole text.
  Format look(std::string_view seen, bool ended);
  const ForeignFormat& foreign() const { return foreign_; }

 private:
  /// Decides about text that is not JSON, at the limit of what is examined.
  Format look_at_lines(std::string_view seen);
  /// Decides about the beginning of an incomplete document, at the limit of what is examined.
  Format decide_part(std::string_view seen, bool ended);
  Format refuse(ForeignFormat format);
  /// The first byte that is neither space nor byte-order mark; NUL if there is none yet.
  char first_of(std::string_view seen);
  bool has_line_end(std::string_view seen);

  const std::size_t line_most_;
  const bool documents_;
  std::size_t first_at_ = 0;     ///< before it there is only space and a byte-order mark
  std::size_t line_end_at_ = 0;  ///< before it there is no line end
  DocumentSight documents_seen_;
  LineSurvey lines_seen_;
  ForeignFormat foreign_;
};

}  // namespace dispatch::ingest
