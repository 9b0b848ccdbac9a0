#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "event/arrival.hpp"

namespace dispatch::ingest {

/// Where a line stood. `file` is the path as it was given, "-" for standard input.
struct LineRef {
  std::shared_ptr<const std::string> file;
  std::uint64_t line = 0;  ///< from 1
  std::string_view text;   ///< the whole line without its end; borrowed from the batch
};

/// A line that cannot be accepted, and why.
struct Reject {
  LineRef line;
  std::string reason;
};

/// Some lines of input, parsed. Everything is borrowed from text the batch owns; moving a batch keeps it valid.
/// `arrivals[i]` was read from `lines[i]`; its routes are not set yet.
struct Batch {
  std::vector<std::unique_ptr<char[]>> text;  ///< what the views point into
  std::vector<Arrival> arrivals;
  std::vector<LineRef> lines;
  std::vector<Reject> rejects;
  std::uint64_t bytes = 0;  ///< of input consumed
};

}  // namespace dispatch::ingest
