#include "cli/input_options.hpp"

#include "cli/option_values.hpp"

#include <limits>

#include <CLI/CLI.hpp>

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
  return misuse("'{}' is none of auto, lines, json and seq", text);
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

}  // namespace

Result<journal::StreamStart> parse_stream_start(std::string_view text) {
  using Rule = journal::StreamStart::Rule;
  if (text == "first") return journal::StreamStart{Rule::first, SequenceNumber{1}};
  const WholeNumber number{0, std::numeric_limits<std::int64_t>::max()};
  const auto at = number(text);
  if (!at) return misuse("'{}' is neither 'first' nor a whole number from 0", text);
  return journal::StreamStart{Rule::number, SequenceNumber{static_cast<std::int64_t>(*at)}};
}

void add_input_options(CLI::App& command, InputOptions& options) {
  const std::string group = "Input";
  command.add_option("FILE", options.files,
                     "JSON lines or documents, plain or compressed; - is standard input");
  from_environment(add_value(command, "--to", options.to, parse_destination, "Where lines without a url go"))
      ->type_name("URL")
      ->group(group);
  command
      .add_option("--field", options.fields,
                  "Where a field stands, as in event_id=/delivery/guid; may be repeated")
      ->type_name("NAME=/POINTER")
      ->allow_extra_args(false)
      ->group(group);
  from_environment(add_value(command, "--input-format", options.format, parse_format,
                             "What the input is, where its content does not tell"))
      ->type_name("auto|lines|json|seq")
      ->default_str("auto")
      ->group(group);
  add_value(command, "--records", options.records, parse_records,
            "Take the elements of the array there in each JSON document")
      ->type_name("/POINTER")
      ->group(group);
  from_environment(add_value(command, "--first-sequence", options.stream_start, parse_stream_start,
                             "Where streams begin: a number, or first for the first one seen"))
      ->type_name("N|first")
      ->default_str("1, or 0 where 0 is seen")
      ->group(group);
  from_environment(
      add_value(command, "--max-line", options.line_most, parse_line_most, "A longer line is rejected"))
      ->type_name("SIZE")
      ->default_str("1MiB")
      ->group(group);
  from_environment(command.add_option("--rejects", options.rejects, "Where rejected lines go, whole"))
      ->type_name("FILE")
      ->default_str("JOURNAL.rejects.jsonl")
      ->group(group);
  from_environment(add_value(command, "--on-bad-line", options.stop_on_reject, parse_on_bad_line,
                             "What a bad line does to the input"))
      ->type_name("skip|stop")
      ->default_str("skip")
      ->group(group);
  from_environment(
      command.add_option("--subscriptions", options.subscriptions, "Apply this subscriptions file first"))
      ->type_name("FILE")
      ->group(group);
  command.add_flag("--dry-run", options.dry_run, "Check the input and say what would happen; touch nothing")
      ->group(group);
}

std::string rejects_path(const InputOptions& options, const std::string& journal) {
  return options.rejects.empty() ? journal + ".rejects.jsonl" : options.rejects;
}

Result<ingest::ReaderOptions> reader_options(const InputOptions& options) {
  auto mapping = ingest::Mapping::parse(options.fields);
  if (!mapping) return misuse("--field: {}", mapping.error().message);
  ingest::ReaderOptions reader;
  reader.mapping = std::move(*mapping);
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
