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

/// A position in a source, which only the source understands. It grows from batch to batch.
using Cursor = Strong<struct CursorTag, std::uint64_t>;

/// An input that was not read to its end.
struct UnreadInput {
  std::string file;              ///< as given
  std::uint64_t after_line = 0;  ///< the last line that was read; 0: none
  std::string why;               ///< for people
  /// For an array whose elements are read as lines: the last element that was read; 0: the line has no
  /// elements.
  std::uint64_t after_element = 0;
};

/// "events.jsonl was not read after line 17: ...", for the log.
std::string describe(const UnreadInput& input);

/// Text that cannot be accepted, and the reason. A line longer than the limit comes in pieces, one Reject
/// each: in order, with nothing between them, possibly over several batches. So a long line is never
/// completely in memory.
struct Reject {
  Origin origin;
  std::string reason;  ///< for people, without the origin: "sequence_number is -3; it must be ..."
  bool first = true;   ///< true: the text begins the line; counters of lines count these
  bool last = true;    ///< true: the text ends the line
  Receipt receipt = {};
  Position taken_by = {};  ///< the accepted event that already has its id or sequence number; 0: none
};

/// "events.jsonl, line 17: sequence_number is -3; ...", for the log.
std::string describe(const Reject& reject);

/// Some events. All views point into text that the batch owns; moving a batch keeps them valid. `arrivals[i]`
/// came from `origins[i]`; its routes are not set yet. Arrivals and rejects are each in the order of reading.
struct Batch {
  std::vector<std::unique_ptr<char[]>> text;  ///< what the views point into
  std::vector<Arrival> arrivals;
  std::vector<Origin> origins;
  /// One for each arrival; empty if nobody waits for the verdicts on this source's events.
  std::vector<Receipt> receipts;
  std::vector<Reject> rejects;
  /// Messages about input that was read in spite of a problem, for people. Each names its file.
  std::vector<std::string> warnings;
  /// All inputs of the source, as given; null: the source does not read inputs to their ends.
  std::shared_ptr<const std::vector<std::string>> inputs;
  std::vector<UnreadInput> unread;  ///< inputs that failed; those after them are read
  /// The number of `inputs`, counted from the first, that end with this batch: they were read to their end,
  /// or failed and are listed in `unread`.
  std::size_t inputs_done = 0;
  std::uint64_t blank = 0;  ///< blank lines, which are skipped
  std::uint64_t bytes = 0;  ///< decompressed bytes of the lines read, line ends included
  Cursor cursor;            ///< behind everything in the batch
};

}  // namespace dispatch::ingest
