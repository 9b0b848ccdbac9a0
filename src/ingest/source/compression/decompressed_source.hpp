#pragma once

#include "ingest/source/compression/compression.hpp"
#include "ingest/source/source.hpp"
#include "ingest/source/warn.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// Decompresses a source. Consecutive members become one text. Zero bytes after a member are padding, as from
/// tapes and disk blocks; other data that is not a member is not read, and a warning reports it. Corrupt or
/// incomplete data is an error that names the byte. Memory is bounded for any size of input and output. Used
/// by one thread.
class DecompressedSource final : public Source {
 public:
  /// `inner` must begin with a member of `compression`.
  DecompressedSource(std::unique_ptr<Source> inner, const Compression& compression, Warn warn);

  Result<std::size_t> read(std::span<char> into) override;
  bool ready() override;
  const std::string& name() const override { return inner_->name(); }

 private:
  /// Makes some progress towards output: reads from the inner source if needed, then decompresses.
  Result<> step();
  void tidy_step();
  Result<> take_input();
  Result<> decode();
  /// Examines what follows a member.
  void look_behind_member();
  tl::unexpected<Error> error_of(const Decoder::Trouble& trouble) const;
  std::string_view input() const { return {in_.data() + in_begin_, in_end_ - in_begin_}; }
  /// True if the next step needs more input.
  bool wants_input() const;
  /// True if read() can return.
  bool settled() const { return out_begin_ < out_end_ || finished_ || error_.has_value(); }

  std::unique_ptr<Source> inner_;
  const Compression& compression_;
  const Warn warn_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<char> in_;
  std::size_t in_begin_ = 0, in_end_ = 0;
  std::vector<char> out_;
  std::size_t out_begin_ = 0, out_end_ = 0;
  bool in_member_ = true;
  bool output_pending_ = false;  ///< the decoder may have more output than the last buffer could take
  bool more_needed_ = false;     ///< the available bytes do not show what follows the member
  bool input_ended_ = false;
  bool finished_ = false;
  std::uint64_t input_bytes_ = 0;  ///< read from the inner source
  std::optional<Error> error_;
};

}  // namespace dispatch::ingest
