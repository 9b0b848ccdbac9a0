#pragma once

#include "event/arrival.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// Where a line stood; of a record of a rejects file, where the line stood that it keeps. `file` is the path
/// as it was given, "-" for standard input.
struct LineRef {
  std::shared_ptr<const std::string> file;
  std::uint64_t line = 0;  ///< from 1
  std::string_view text;   ///< the whole line without its end; borrowed from the batch
  /// Of a JSON array whose elements are read as lines: which one it is, from 1; else 0. Its line is that on
  /// which it begins.
  std::uint64_t element = 0;
  std::uint32_t input = 0;       ///< which of Batch::inputs it was read from
  std::uint64_t input_line = 0;  ///< its number there, from 1
};

/// An input that was not read to its end.
struct UnreadInput {
  std::string file;              ///< as it was given
  std::uint64_t after_line = 0;  ///< the last line that was read; 0: none
  std::string why;               ///< for people
  /// Of an array whose elements are read as lines: the last element that was read; 0: the line has no
  /// elements.
  std::uint64_t after_element = 0;
};

/// A line that cannot be accepted, and why. A line longer than the limit comes in pieces, one Reject each, in
/// order and with nothing between them though perhaps over several batches, so that it never stands in memory
/// whole.
struct Reject {
  LineRef line;
  std::string reason;  ///< for people, without file and line: "sequence_number is -3; it must be ..."
  bool first = true;   ///< the text begins the line; whoever counts lines counts these
  bool last = true;    ///< the text ends the line
};

/// Some lines of input, parsed. Everything is borrowed from text the batch owns; moving a batch keeps it
/// valid. `arrivals[i]` was read from `lines[i]`; its routes are not set yet.
struct Batch {
  std::vector<std::unique_ptr<char[]>> text;  ///< what the views point into
  std::vector<Arrival> arrivals;
  std::vector<LineRef> lines;
  std::vector<Reject> rejects;
  /// About input that was read all the same, for people. Each says which file it is about.
  std::vector<std::string> warnings;
  std::shared_ptr<const std::vector<std::string>> inputs;  ///< all that are read, as they were given
  std::vector<UnreadInput> unread;                         ///< that failed; those after them are read
  /// Number of `inputs`, from the first one, of which nothing follows this batch: they were read to their
  /// end, or failed and are listed in `unread`.
  std::size_t inputs_done = 0;
  std::uint64_t blank = 0;  ///< lines without anything on them, skipped
  std::uint64_t bytes = 0;  ///< of lines consumed, ends of line included; decompressed
};

}  // namespace dispatch::ingest
