#pragma once

#include "ingest/framing/frame.hpp"
#include "ingest/framing/input_buffer.hpp"
#include "ingest/framing/line_ended_text.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::ingest {

/// What begins each text of a JSON text sequence (RFC 7464).
inline constexpr char record_separator = '\x1E';

/// Takes a JSON text sequence (RFC 7464) apart into its texts, which may be spread over lines. A text ends
/// with the line feed behind a whole document, so that the last one need not wait for what follows it; where
/// it is not a whole document, before the next record separator. What one of them lacks costs no other: a
/// record separator cannot stand in JSON. Space around a text, and a byte-order mark, are left out, and
/// nothing is made of an empty one. What follows a text without a record separator is passed on with a fault.
class SequenceFrames final : public Frames {
 public:
  /// A text of more than `text_most` bytes comes in pieces, as soon as that is known of it.
  SequenceFrames(std::unique_ptr<Source> source, std::size_t text_most)
      : input_(std::move(source)), text_most_(text_most) {}

  Result<std::optional<Frame>> next(Wait wait) override;
  bool ended() const override { return ended_; }
  void hand_over(std::vector<std::unique_ptr<char[]>>& blocks) override { input_.hand_over(blocks); }

 private:
  /// Leaves out what stands in front of a text: separators, space, a mark. True where a text begins then.
  bool skip_to_text();
  /// Where in the unread bytes the text ends, as far as they show; goes through those not scanned yet.
  std::optional<std::size_t> find_end();
  bool is_too_long() const;
  void drop(std::size_t size);
  /// Takes the first `size` bytes, a piece of the text or the last of it.
  Frame take(std::size_t size, bool last);

  InputBuffer input_;
  const std::size_t text_most_;
  std::optional<LineEndedText> text_{std::in_place};  ///< the one under way; always there
  std::size_t scanned_ = 0;                           ///< unread bytes in which the text does not end
  std::size_t solid_ = 0;                             ///< of these, up to the last that is no space
  std::size_t dropped_ = 0;                           ///< bytes left out since the last frame
  std::uint64_t line_ = 1;                            ///< of the first unread byte
  std::uint64_t text_line_ = 1;
  bool in_long_text_ = false;
  bool separated_ = true;  ///< the text under way may begin where it does
  bool ended_ = false;
};

}  // namespace dispatch::ingest
