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

/// The text of one event as it stands in the input, without what separates it from others; or a piece of one
/// that is too long.
struct Frame {
  std::string_view text;
  std::uint64_t line = 0;     ///< the line on which it begins, from 1
  std::uint64_t element = 0;  ///< which element of its array it is, from 1; 0: of no array
  std::size_t bytes = 0;      ///< of input that it took, what separates it from others included
  bool too_long = false;
  bool first = true, last = true;  ///< which piece it is; both where the frame is whole
  bool terminated = true;          ///< false where the input ended before it was seen that the frame does
  /// Why it cannot be an event, where that is known; valid until the next call for a frame.
  std::string_view fault = {};
};

/// The seam to the formats of input: cuts the bytes of one source into the texts of its events. Memory: two
/// blocks and the longest frame that is allowed, whatever the size of the input. Used by one thread.
class Frames {
 public:
  virtual ~Frames() = default;

  enum class Wait { never, may };
  /// The next frame. Nothing at the end, and with Wait::never also where the source has no complete frame
  /// now; ended() tells which. An error, of the source or of the format, comes after all frames before it.
  virtual Result<std::optional<Frame>> next(Wait wait) = 0;
  virtual bool ended() const = 0;

  /// Gives the memory that holds every frame returned so far to `blocks`.
  virtual void hand_over(std::vector<std::unique_ptr<char[]>>& blocks) = 0;
};

}  // namespace dispatch::ingest
