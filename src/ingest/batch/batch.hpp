#pragma once

#include "base/strong.hpp"
#include "event/arrival.hpp"
#include "ingest/batch/origin.hpp"
#include "ingest/batch/receipt.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// A place in what a source gives: it grows from batch to batch, and what it means only the source knows.
using Cursor = Strong<struct CursorTag, std::uint64_t>;

/// An input that was not read to its end.
struct UnreadInput {
  std::string file;              ///< as it was given
  std::uint64_t after_line = 0;  ///< the last line that was read; 0: none
  std::string why;               ///< for people
  /// Of an array whose elements are read as lines: the last element that was read; 0: the line has no
  /// elements.
  std::uint64_t after_element = 0;
};

/// "events.jsonl was not read after line 17: ...", for the log.
std::string describe(const UnreadInput& input);

/// What cannot be accepted, and why. A line longer than the limit comes in pieces, one Reject each, in
/// order and with nothing between them though perhaps over several batches, so that it never stands in memory
/// whole.
struct Reject {
  Origin origin;
  std::string reason;  ///< for people, without the origin: "sequence_number is -3; it must be ..."
  bool first = true;   ///< the text begins the line; whoever counts lines counts these
  bool last = true;    ///< the text ends the line
  Receipt receipt = {};
  Position taken_by = {};  ///< the accepted event that has its id or its sequence number; 0: none
};

/// "events.jsonl, line 17: sequence_number is -3; ...", for the log.
std::string describe(const Reject& reject);

/// Some events. Everything is borrowed from text the batch owns; moving a batch keeps it valid.
/// `arrivals[i]` came from `origins[i]`; its routes are not set yet. Arrivals and rejects are each in the
/// order in which they were read.
struct Batch {
  std::vector<std::unique_ptr<char[]>> text;  ///< what the views point into
  std::vector<Arrival> arrivals;
  std::vector<Origin> origins;
  /// Those of the arrivals; none at all where nobody waits for the verdicts on the events of this source.
  std::vector<Receipt> receipts;
  std::vector<Reject> rejects;
  /// About input that was read all the same, for people. Each says which file it is about.
  std::vector<std::string> warnings;
  /// All that the source reads, as they were given; null: it does not read inputs to their ends.
  std::shared_ptr<const std::vector<std::string>> inputs;
  std::vector<UnreadInput> unread;  ///< that failed; those after them are read
  /// Number of `inputs`, from the first one, of which nothing follows this batch: they were read to their
  /// end, or failed and are listed in `unread`.
  std::size_t inputs_done = 0;
  std::uint64_t blank = 0;  ///< lines without anything on them, skipped
  std::uint64_t bytes = 0;  ///< of lines consumed, ends of line included; decompressed
  Cursor cursor;            ///< behind all that is in it
};

}  // namespace dispatch::ingest
