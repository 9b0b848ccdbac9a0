#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace dispatch::ingest {

/// The most memory that one decoder may use, whatever its input asks for: 128 MiB. What `zstd` decompresses
/// without further options fits, and so does all that `xz -9` makes.
inline constexpr std::size_t decoder_memory_most = std::size_t{128} * 1024 * 1024;

/// The seam to compressed formats. One decoder decompresses one member after the other; it reads and writes
/// nothing itself. Memory is bounded by decoder_memory_most, whatever the size of the input and of the
/// output. Used by one thread.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// What one step did.
  struct Step {
    std::size_t taken = 0;  ///< bytes of `in` that are used up
    std::size_t made = 0;   ///< bytes written to `out`
    bool ended = false;     ///< the member is complete, its checksum verified
  };
  /// Why a member cannot be decompressed.
  struct Trouble {
    enum class Kind {
      corrupt,
      too_much_memory,  ///< it needs more than decoder_memory_most
    };
    Kind kind = Kind::corrupt;
    std::string reason;
    std::size_t taken = 0;  ///< bytes of `in` before the place
    std::size_t made = 0;   ///< bytes that were written to `out` before it
  };

  /// Decompresses some of `in` into `out`, neither of them empty but that `in` may be where the last step
  /// filled `out`. After an error, or the end of a member, only restart() may follow.
  virtual tl::expected<Step, Trouble> step(std::span<const char> in, std::span<char> out) = 0;

  /// Prepares for another member.
  virtual void restart() = 0;
};

}  // namespace dispatch::ingest
