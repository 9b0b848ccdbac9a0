#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <span>
#include <string>

namespace dispatch::ingest {

/// The seam to bytes of input. Used by one thread.
class Source {
 public:
  virtual ~Source() = default;

  /// Reads at most `into.size()` bytes; 0 is the end. Waits until there is something; a stop request given to
  /// the implementation ends the waiting, and the source then says that it is at its end.
  virtual Result<std::size_t> read(std::span<char> into) = 0;

  /// True where read would return without waiting. A regular file always would.
  virtual bool ready() = 0;

  /// As it was given on the command line; "-" for standard input.
  virtual const std::string& name() const = 0;
};

}  // namespace dispatch::ingest
