#pragma once

#include "base/error.hpp"
#include "cli/options/command.hpp"
#include "flow/rules/options.hpp"
#include "ingest/reader.hpp"
#include "ingest/rejects/rejects_file.hpp"
#include "journal/rows.hpp"
#include "routing/router.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

/// What happens to missing sequence numbers below an accepted event, at once and later.
struct GapRule {
  journal::Gaps accepting = journal::Gaps::wait;
  std::optional<std::chrono::microseconds> patience = {};  ///< nothing: no time limit
};

/// Options of `run` and `ingest` for their input.
struct InputOptions {
  std::vector<std::string> files;  ///< "-" is standard input; empty: there is no input
  std::optional<std::string> to;   ///< destination of lines without a URL
  bool only_to = false;            ///< true: lines with a URL go to `to` too
  std::vector<std::string> fields;
  ingest::InputFormat format = ingest::InputFormat::automatic;
  std::optional<ingest::JsonPointer> records;
  std::string required;  ///< names of fields; empty: none
  journal::StreamStart stream_start;
  GapRule gaps;
  std::uint64_t line_most = std::uint64_t{1024} * 1024;  ///< bytes
  std::string rejects;                                   ///< a file for rejected lines; empty: none
  journal::RejectCount rejects_most = flow::RunOptions{}.rejects_most;
  bool stop_on_reject = false;
  std::string subscriptions;  ///< a subscriptions file to apply first; empty: none
  bool dry_run = false;
};

void add_input_options(Command command, InputOptions& options);

/// Misuse if a --field argument is invalid.
Result<ingest::ReaderOptions> reader_options(const InputOptions& options);

/// Limits for the rejects file.
ingest::RejectLimits reject_limits(const InputOptions& options);

/// Misuse if --to is not a valid URL, or is needed and missing.
Result<routing::Router> make_router(const InputOptions& options, std::shared_ptr<routing::Catalog> catalog);

/// Copies the input options into `run`. Misuse if a --field argument is invalid.
Result<> set_input(flow::RunOptions& run, const InputOptions& options);

/// Where --field finds the ordering fields. Misuse if a --field argument is invalid.
Result<flow::OrderPointers> order_pointers(const InputOptions& options);

/// Lines, a size, or both: "1000", "64MiB", "1000,64MiB". A plain number counts lines; the other limit keeps
/// its default.
Result<journal::RejectCount> parse_rejects_most(std::string_view text);

/// "wait", "ignore" or a duration. With "ignore" a run does not wait for gaps either.
Result<GapRule> parse_gaps(std::string_view text);

/// "first", or a whole number from 0.
Result<journal::StreamStart> parse_stream_start(std::string_view text);

}  // namespace dispatch::cli
