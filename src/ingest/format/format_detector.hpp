#pragma once

#include "ingest/format/document_sight.hpp"
#include "ingest/format/foreign_format.hpp"
#include "ingest/format/line_survey.hpp"

#include <cstddef>
#include <string_view>

namespace dispatch::ingest {

/// Tells by its content what format a text has, before anything is taken from it. A first line that is a
/// whole object means lines. Documents that are spread over lines, stand one behind the other on one line, or
/// are arrays of objects mean JSON; a record separator means a JSON text sequence. Lines of which some are
/// broken stay lines where whole objects outnumber what looks like a part of a document. All else is foreign.
/// A text that comes slowly is decided at the earliest byte that suffices. Looks at each byte a bounded
/// number of times, however often it is asked. Used by one thread.
class FormatDetector {
 public:
  /// `line_most`: a longer line is not waited for. `documents`: the text is to be JSON documents, if it is
  /// any that is read.
  explicit FormatDetector(std::size_t line_most, bool documents = false)
      : line_most_(line_most), documents_(documents) {}

  enum class Format {
    undecided,  ///< more of the text is needed
    lines,
    json,
    sequence,
    foreign,  ///< foreign() says what
  };
  /// `seen` is all that has come of the text, from its begin, and all there is where it has `ended`.
  Format look(std::string_view seen, bool ended);
  const ForeignFormat& foreign() const { return foreign_; }

 private:
  /// Of what is no JSON, where more will not be looked at.
  Format look_at_lines(std::string_view seen);
  /// Of what is the begin of a document and nothing more, though more will not be looked at.
  Format decide_part(std::string_view seen, bool ended);
  Format refuse(ForeignFormat format);
  /// The first byte that is no space and no byte-order mark; NUL where none has come.
  char first_of(std::string_view seen);
  bool has_line_end(std::string_view seen);

  const std::size_t line_most_;
  const bool documents_;
  std::size_t first_at_ = 0;     ///< before it only space and a byte-order mark have come
  std::size_t line_end_at_ = 0;  ///< before it no end of line has come
  DocumentSight documents_seen_;
  LineSurvey lines_seen_;
  ForeignFormat foreign_;
};

}  // namespace dispatch::ingest
