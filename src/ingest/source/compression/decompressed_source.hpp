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

/// What is in a compressed source. Several members one behind the other are one text. Zero bytes behind a
/// member are padding, as tapes and disk blocks leave it; anything else that is no member is left unread,
/// with a warning. Compressed data that is corrupt, or ends before it is complete, is an error that names the
/// byte. Memory depends neither on the size of the input nor on what becomes of it: a small input that
/// becomes a very large one takes time only. Used by one thread.
class DecompressedSource final : public Source {
 public:
  /// `inner` begins with a member of `compression`.
  DecompressedSource(std::unique_ptr<Source> inner, const Compression& compression, Warn warn);

  Result<std::size_t> read(std::span<char> into) override;
  bool ready() override;
  const std::string& name() const override { return inner_->name(); }

 private:
  /// Goes a little way towards output: reads from the inner source if it must, then decompresses.
  Result<> step();
  void tidy_step();
  Result<> take_input();
  Result<> decode();
  /// Finds out what follows a member.
  void look_behind_member();
  tl::unexpected<Error> error_of(const Decoder::Trouble& trouble) const;
  std::string_view input() const { return {in_.data() + in_begin_, in_end_ - in_begin_}; }
  /// True where the next step cannot do anything without more input.
  bool wants_input() const;
  /// True where read has its answer.
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
  bool output_pending_ = false;  ///< the decoder may hold more than the last buffer took
  bool more_needed_ = false;     ///< what is here does not tell what follows the member
  bool input_ended_ = false;
  bool finished_ = false;
  std::uint64_t input_bytes_ = 0;  ///< read from the inner source
  std::optional<Error> error_;
};

}  // namespace dispatch::ingest
