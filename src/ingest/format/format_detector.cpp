#include "ingest/format/format_detector.hpp"

#include "base/text/utf8.hpp"
#include "ingest/framing/sequence_frames.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace dispatch::ingest {
namespace {

/// So much of a text is looked at where its first line does not decide.
constexpr std::size_t window = std::size_t{64} * 1024;
/// Of fewer lines nothing is concluded but that they are bad ones.
constexpr std::size_t lines_to_examine = 3;

}  // namespace

FormatDetector::Format FormatDetector::look(std::string_view seen, bool ended) {
  if (auto foreign = foreign_by_first_bytes(seen)) return refuse(std::move(*foreign));
  const char first = first_of(seen);
  if (first == record_separator) {
    if (!documents_) return Format::sequence;
    return refuse({"a JSON text sequence, which --records does not split", "jq --seq -c '.Records[]'",
                   "jq --seq -c '.Records[]'"});
  }
  // The byte behind a bracket may show another encoding.
  const bool bracket_only = seen.size() < 2 && !ended;
  if (documents_ && !bracket_only && (first == '{' || first == '[')) return Format::json;
  const bool decide =
      ended || (seen.size() >= window && has_line_end(seen)) || seen.size() >= line_most_ + window;
  switch (documents_seen_.look(seen, ended)) {
    case DocumentSight::Sees::nothing:
      return decide ? Format::lines : Format::undecided;
    case DocumentSight::Sees::one_object:
      return Format::lines;
    case DocumentSight::Sees::documents:
      return Format::json;
    case DocumentSight::Sees::part:
      return decide ? decide_part(seen, ended) : Format::undecided;
    case DocumentSight::Sees::no_json:
      break;
  }
  if (begins_binary(seen)) return refuse({"binary data"});
  lines_seen_.look(seen, ended);
  if (lines_seen_.sees_lines()) {
    // Objects that are indented below a key are values of it.
    if (auto yaml = foreign_yaml(seen)) return refuse(std::move(*yaml));
    return Format::lines;
  }
  return decide ? look_at_lines(seen) : Format::undecided;
}

char FormatDetector::first_of(std::string_view seen) {
  if (first_at_ == 0 && seen.starts_with(byte_order_mark)) first_at_ = byte_order_mark.size();
  first_at_ = std::min(seen.find_first_not_of(" \t\r\n", first_at_), seen.size());
  return first_at_ < seen.size() ? seen[first_at_] : '\0';
}

bool FormatDetector::has_line_end(std::string_view seen) {
  line_end_at_ = std::min(seen.find('\n', line_end_at_), seen.size());
  return line_end_at_ < seen.size();
}

FormatDetector::Format FormatDetector::decide_part(std::string_view seen, bool ended) {
  if (!documents_seen_.spans_lines())
    return documents_seen_.is_array() && !ended ? Format::json : Format::lines;
  if (!ended) return Format::json;
  lines_seen_.look(seen, ended);
  if (lines_seen_.lines() < 2) return Format::lines;
  return lines_seen_.sees_lines() ? Format::lines : Format::json;
}

FormatDetector::Format FormatDetector::look_at_lines(std::string_view seen) {
  const auto& lines = lines_seen_;
  if (auto yaml = foreign_yaml(seen)) return refuse(std::move(*yaml));
  if (lines.listed() > 0 && lines.listed() + lines.objects() + 2 >= lines.lines())
    return refuse({"JSON objects with commas between them and no array around them",
                   "sed 's/,[[:space:]]*$//'",
                   "sed 's/,[[:space:]]*$//'",
                   {},
                   true});
  if (lines.parts() > 0 && lines.lines() >= lines_to_examine)
    return refuse({fmt::format("JSON that is broken at line {} ({})", documents_seen_.line(),
                               documents_seen_.problem()),
                   {},
                   {},
                   "mend it",
                   true});
  if (lines.any_object_begins()) return Format::lines;
  auto foreign = foreign_by_looks(seen);
  if (foreign.command.empty() && lines.lines() < lines_to_examine) return Format::lines;
  return refuse(std::move(foreign));
}

FormatDetector::Format FormatDetector::refuse(ForeignFormat format) {
  foreign_ = std::move(format);
  return Format::foreign;
}

}  // namespace dispatch::ingest
