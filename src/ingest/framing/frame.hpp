#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// Number of readable bytes after a frame's text; their content is undefined.
inline constexpr std::size_t frame_padding = 64;

/// The text of one event as it is in the input, without separators; or a piece of a text that is too long.
struct Frame {
  std::string_view text;
  std::uint64_t line = 0;     ///< the line on which it begins, from 1
  std::uint64_t element = 0;  ///< its index in its array, from 1; 0: not in an array
  std::size_t bytes = 0;      ///< bytes of input that it took, separators included
  bool too_long = false;
  bool first = true, last = true;  ///< which piece it is; both true if the frame is complete
  bool terminated = true;          ///< false: the input ended before the end of the frame was certain
  /// Why it cannot be an event, if known; valid until the next call for a frame.
  std::string_view fault = {};
};

/// Splits the bytes of one source into the texts of its events; one implementation for each input format.
/// Memory: two blocks and the longest allowed frame, for input of any size. Used by one thread.
class Frames {
 public:
  virtual ~Frames() = default;

  enum class Wait { never, may };
  /// Returns the next frame. Returns nothing at the end, and, with Wait::never, if the source has no complete
  /// frame now; ended() tells which. An error of the source or format comes after all frames before it.
  virtual Result<std::optional<Frame>> next(Wait wait) = 0;
  virtual bool ended() const = 0;

  /// Moves the memory of every frame returned so far to `blocks`.
  virtual void hand_over(std::vector<std::unique_ptr<char[]>>& blocks) = 0;
};

}  // namespace dispatch::ingest
