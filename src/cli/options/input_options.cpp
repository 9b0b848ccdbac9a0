#include "cli/options/input_options.hpp"

#include "base/text/whole_number.hpp"
#include "cli/options/delivery_schemes.hpp"
#include "cli/options/option_values.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace dispatch::cli {
namespace {

/// A line is held whole in memory, several of them in a batch.
constexpr std::uint64_t line_most_limit = 256ULL * 1024 * 1024;

Result<std::uint64_t> parse_line_most(std::string_view text) {
  auto size = parse_size(text);
  if (size && (*size == 0 || *size > line_most_limit))
    return misuse("'{}' is not between 1 byte and {}", text, format_size(line_most_limit));
  return size;
}

Result<ingest::InputFormat> parse_format(std::string_view text) {
  if (text == "auto") return ingest::InputFormat::automatic;
  if (text == "lines") return ingest::InputFormat::lines;
  if (text == "json") return ingest::InputFormat::json;
  if (text == "seq") return ingest::InputFormat::sequence;
  return misuse("'{}' is not one of auto, lines, json and seq", text);
}

Result<std::optional<ingest::JsonPointer>> parse_records(std::string_view text) {
  auto pointer = ingest::JsonPointer::parse(text);
  if (!pointer) return tl::unexpected(std::move(pointer).error());
  if (pointer->tokens.empty()) return misuse("the pointer is empty; it leads to an array, as /Records does");
  return std::optional{std::move(*pointer)};
}

Result<bool> parse_on_bad_line(std::string_view text) {
  if (text == "skip") return false;
  if (text == "stop") return true;
  return misuse("'{}' is neither skip nor stop", text);
}

Result<std::optional<std::string>> parse_destination(std::string_view text) {
  if (text.empty()) return misuse("the URL is empty");
  return std::string{text};
}

Result<ingest::Mapping> mapping_of(const InputOptions& options) {
  auto mapping = ingest::Mapping::parse(options.fields);
  if (!mapping) return misuse("--field: {}", mapping.error().message);
  return mapping;
}

}  // namespace

Result<journal::RejectCount> parse_rejects_most(std::string_view text) {
  journal::RejectCount most = flow::RunOptions{}.rejects_most;
  bool lines_given = false, size_given = false;
  for (std::size_t at = 0; at <= text.size();) {
    const auto comma = std::min(text.find(',', at), text.size());
    const auto part = text.substr(at, comma - at);
    at = comma + 1;
    const bool is_lines = !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
    const auto value =
        is_lines ? WholeNumber{1, std::numeric_limits<std::int64_t>::max()}(part) : parse_size(part);
    if (!value || (is_lines ? lines_given : size_given))
      return misuse("'{}' is not a number of lines, a size with its unit, or both, as in 100000,256MiB",
                    text);
    (is_lines ? lines_given : size_given) = true;
    (is_lines ? most.lines : most.bytes) =
        static_cast<std::int64_t>(std::min<std::uint64_t>(*value, std::numeric_limits<std::int64_t>::max()));
  }
  return most;
}

Result<GapRule> parse_gaps(std::string_view text) {
  if (text == "wait") return GapRule{};
  if (text == "ignore") return GapRule{journal::Gaps::ignore, std::chrono::microseconds{0}};
  const auto patience = parse_duration(text);
  if (!patience) return misuse("'{}' is neither wait, ignore nor a duration such as 10m", text);
  return GapRule{journal::Gaps::wait, *patience};
}

Result<journal::StreamStart> parse_stream_start(std::string_view text) {
  using Rule = journal::StreamStart::Rule;
  if (text == "first") return journal::StreamStart{Rule::first, SequenceNumber{1}};
  const WholeNumber number{0, std::numeric_limits<std::int64_t>::max()};
  const auto at = number(text);
  if (!at) return misuse("'{}' is neither 'first' nor a whole number from 0", text);
  return journal::StreamStart{Rule::number, SequenceNumber{static_cast<std::int64_t>(*at)}};
}

void add_input_options(Command command, InputOptions& options) {
  const std::string group = "Input";
  command.add_option("FILE", options.files,
                     "JSON lines or documents, plain or compressed; - is standard input");
  from_environment(add_value(command, "--to", options.to, parse_destination, "URL for lines without a url"))
      .type_name("URL")
      .group(group);
  command.add_flag("--only-to", options.only_to, "Ignore the url of lines: all events go to --to")
      .group(group);
  command
      .add_option("--field", options.fields,
                  "The place of a field, as in event_id=/delivery/guid; may be repeated")
      .type_name("NAME=/POINTER")
      .allow_extra_args(false)
      .group(group);
  from_environment(add_value(command, "--input-format", options.format, parse_format,
                             "Input format, if the content does not show it"))
      .type_name("auto|lines|json|seq")
      .default_str("auto")
      .group(group);
  add_value(command, "--records", options.records, parse_records,
            "Take the elements of the array there in each JSON document")
      .type_name("/POINTER")
      .group(group);
  from_environment(command.add_option("--require", options.required,
                                      "Reject lines without these fields, as in entity_id,sequence_number"))
      .type_name("NAMES")
      .group(group);
  from_environment(add_value(command, "--first-sequence", options.stream_start, parse_stream_start,
                             "Where streams begin: a number, or first for the first one seen"))
      .type_name("N|first")
      .default_str("1, or 0 where 0 is seen")
      .group(group);
  from_environment(
      add_value(command, "--gaps", options.gaps, parse_gaps, "How long to wait for missing sequence numbers"))
      .type_name("wait|ignore|DURATION")
      .default_str("wait")
      .group(group);
  from_environment(
      add_value(command, "--max-line", options.line_most, parse_line_most, "A longer line is rejected"))
      .type_name("SIZE")
      .default_str("1MiB")
      .group(group);
  from_environment(
      command.add_option("--rejects", options.rejects, "Also write complete rejected lines to this file"))
      .type_name("FILE")
      .group(group);
  from_environment(add_value(command, "--rejects-most", options.rejects_most, parse_rejects_most,
                             "End the input when more rejected lines would be open"))
      .type_name("LINES,SIZE")
      .default_str("100000,256MiB")
      .group(group);
  from_environment(add_value(command, "--on-bad-line", options.stop_on_reject, parse_on_bad_line,
                             "What a bad line does to the input"))
      .type_name("skip|stop")
      .default_str("skip")
      .group(group);
  from_environment(
      command.add_option("--subscriptions", options.subscriptions, "Apply this subscriptions file first"))
      .type_name("FILE")
      .group(group);
  command.add_flag("--dry-run", options.dry_run, "Check the input and say what would happen; touch nothing")
      .group(group);
}

Result<flow::OrderPointers> order_pointers(const InputOptions& options) {
  DISPATCH_ASSIGN(const auto mapping, mapping_of(options));
  const auto pointer = [&](ingest::Field field) {
    const auto& path = mapping.of(field);
    return path ? path->text : std::string{};
  };
  return flow::OrderPointers{pointer(ingest::Field::entity_id), pointer(ingest::Field::sequence_number)};
}

Result<routing::Router> make_router(const InputOptions& options, std::shared_ptr<routing::Catalog> catalog) {
  if (options.only_to && !options.to) return misuse("--only-to sends every event to --to; give --to URL");
  return routing::Router::make(options.to, std::move(catalog),
                               options.only_to ? routing::OwnUrls::ignored : routing::OwnUrls::followed,
                               delivery_schemes);
}

Result<> set_input(flow::RunOptions& run, const InputOptions& options) {
  DISPATCH_ASSIGN(run.order_pointers, order_pointers(options));
  run.inputs = options.files;
  DISPATCH_ASSIGN(const auto mapping, mapping_of(options));
  const auto& ids = mapping.of(ingest::Field::event_id);
  run.joins_ids = ids && ids->joins();
  run.stream_start = options.stream_start;
  run.stream_start.gaps = options.gaps.accepting;
  run.gap_patience = options.gaps.patience;
  run.stop_on_reject = options.stop_on_reject;
  run.rejects_most = options.rejects_most;
  return {};
}

ingest::RejectLimits reject_limits(const InputOptions& options) {
  const auto& most = options.rejects_most;
  return {static_cast<std::uint64_t>(most.lines), static_cast<std::uint64_t>(most.bytes)};
}

Result<ingest::ReaderOptions> reader_options(const InputOptions& options) {
  DISPATCH_ASSIGN(auto mapping, mapping_of(options));
  if (!options.required.empty())
    if (const auto required = mapping.require(options.required); !required)
      return misuse("--require: {}", required.error().message);
  ingest::ReaderOptions reader;
  reader.mapping = std::move(mapping);
  using ingest::InputFormat;
  if (options.records && (options.format == InputFormat::lines || options.format == InputFormat::sequence))
    return misuse("--records takes JSON documents apart; it goes with --input-format json or auto");
  reader.format = options.format;
  reader.records = options.records;
  reader.line_most = options.line_most;
  // Line by line, so that nothing after the bad one has been taken.
  if (options.stop_on_reject) reader.batch_events = 1;
  return reader;
}

}  // namespace dispatch::cli
