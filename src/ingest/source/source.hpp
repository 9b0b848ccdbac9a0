#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace dispatch::ingest {

/// A stream of input bytes. Used by one thread.
class Source {
 public:
  virtual ~Source() = default;

  /// Reads at most `into.size()` bytes; returns 0 at the end. Waits for data; a stop request to the
  /// implementation ends the wait, and the source then reports its end.
  virtual Result<std::size_t> read(std::span<char> into) = 0;

  /// True if read() would return without waiting. For a regular file always true.
  virtual bool ready() = 0;

  /// The name as given on the command line; "-" for standard input.
  virtual const std::string& name() const = 0;
};

}  // namespace dispatch::ingest
