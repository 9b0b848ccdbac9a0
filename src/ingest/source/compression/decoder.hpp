#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace dispatch::ingest {

/// Maximum memory of one decoder, whatever its input asks for: 128 MiB. Enough for everything that `zstd`
/// decompresses without further options, and for all output of `xz -9`.
inline constexpr std::size_t decoder_memory_most = std::size_t{128} * 1024 * 1024;

/// Decompresses one member after the other of a compressed format; does no input or output itself. Memory is
/// bounded by decoder_memory_most for any input and output. Used by one thread.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// The result of one step.
  struct Step {
    std::size_t taken = 0;  ///< bytes of `in` that were consumed
    std::size_t made = 0;   ///< bytes written to `out`
    bool ended = false;     ///< true: the member is complete, and its checksum is correct
  };
  /// Why a member cannot be decompressed.
  struct Trouble {
    enum class Kind {
      corrupt,
      too_much_memory,  ///< needs more than decoder_memory_most
    };
    Kind kind = Kind::corrupt;
    std::string reason;
    std::size_t taken = 0;  ///< bytes of `in` before the error
    std::size_t made = 0;   ///< bytes written to `out` before it
  };

  /// Decompresses part of `in` into `out`. Neither may be empty, except `in` after a step that filled `out`.
  /// After an error, or the end of a member, only restart() may follow.
  virtual tl::expected<Step, Trouble> step(std::span<const char> in, std::span<char> out) = 0;

  /// Prepares for the next member.
  virtual void restart() = 0;
};

}  // namespace dispatch::ingest
