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

/// What becomes of sequence numbers that are missing: when an event above them is accepted, and afterwards.
struct GapRule {
  journal::Gaps accepting = journal::Gaps::wait;
  std::optional<std::chrono::microseconds> patience = {};  ///< nothing: a run waits without an end
};

/// What `run` and `ingest` are told about their input.
struct InputOptions {
  std::vector<std::string> files;  ///< "-" is standard input; none: there is no input
  std::optional<std::string> to;   ///< where lines without a url go
  bool only_to = false;            ///< lines with a url go to `to` as well
  std::vector<std::string> fields;
  ingest::InputFormat format = ingest::InputFormat::automatic;
  std::optional<ingest::JsonPointer> records;
  std::string required;  ///< names of fields; empty: none
  journal::StreamStart stream_start;
  GapRule gaps;
  std::uint64_t line_most = std::uint64_t{1024} * 1024;  ///< bytes
  std::string rejects;  ///< a file to write rejected lines to as well; empty: none
  journal::RejectCount rejects_most = flow::RunOptions{}.rejects_most;
  bool stop_on_reject = false;
  std::string subscriptions;  ///< a subscriptions file to apply first; empty: none
  bool dry_run = false;
};

void add_input_options(Command command, InputOptions& options);

/// Misuse where a --field argument is none.
Result<ingest::ReaderOptions> reader_options(const InputOptions& options);

/// How much may be written to the file of --rejects.
ingest::RejectLimits reject_limits(const InputOptions& options);

/// Misuse where --to is no URL, or is missing where it is needed.
Result<routing::Router> make_router(const InputOptions& options, std::shared_ptr<routing::Catalog> catalog);

/// Sets what `options` say of a run. Misuse where a --field argument is none.
Result<> set_input(flow::RunOptions& run, const InputOptions& options);

/// Where --field says that what orders events stands. Misuse where a --field argument is none.
Result<flow::OrderPointers> order_pointers(const InputOptions& options);

/// Lines, a size, or both: "1000", "64MiB", "1000,64MiB". A plain number is one of lines; what is not said
/// keeps its default.
Result<journal::RejectCount> parse_rejects_most(std::string_view text);

/// "wait", "ignore" or a duration. What is ignored is not waited for by a run either.
Result<GapRule> parse_gaps(std::string_view text);

/// "first", or a whole number from 0.
Result<journal::StreamStart> parse_stream_start(std::string_view text);

}  // namespace dispatch::cli
