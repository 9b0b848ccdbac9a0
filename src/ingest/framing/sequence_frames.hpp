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

/// Begins each text of a JSON text sequence (RFC 7464).
inline constexpr char record_separator = '\x1E';

/// Splits a JSON text sequence (RFC 7464) into its texts, which may span lines. A text ends with the line
/// feed behind a complete document, so that the last text need not wait for more input; an incomplete
/// document ends before the next record separator. A broken text affects no other, because JSON cannot
/// contain a record separator. Space around a text and a byte-order mark are removed, and empty texts are
/// skipped. Text without a record separator in front is returned with a fault.
class SequenceFrames final : public Frames {
 public:
  /// A text of more than `text_most` bytes comes in pieces, as soon as that is known.
  SequenceFrames(std::unique_ptr<Source> source, std::size_t text_most)
      : input_(std::move(source)), text_most_(text_most) {}

  Result<std::optional<Frame>> next(Wait wait) override;
  bool ended() const override { return ended_; }
  void hand_over(std::vector<std::unique_ptr<char[]>>& blocks) override { input_.hand_over(blocks); }

 private:
  /// Skips separators, space and byte-order marks in front of a text. Returns true if a text begins then.
  bool skip_to_text();
  /// Finds the end of the text in the unread bytes; scans only new ones.
  std::optional<std::size_t> find_end();
  bool is_too_long() const;
  void drop(std::size_t size);
  /// Takes the first `size` bytes: a piece of the text, or the last piece.
  Frame take(std::size_t size, bool last);

  InputBuffer input_;
  const std::size_t text_most_;
  std::optional<LineEndedText> text_{std::in_place};  ///< the current text; always set
  std::size_t scanned_ = 0;                           ///< unread bytes in which the text does not end
  std::size_t solid_ = 0;    ///< of these, the number up to the last one that is not space
  std::size_t dropped_ = 0;  ///< bytes skipped since the last frame
  std::uint64_t line_ = 1;   ///< line of the first unread byte
  std::uint64_t text_line_ = 1;
  bool in_long_text_ = false;
  bool separated_ = true;  ///< true: a separator precedes the current text
  bool ended_ = false;
};

}  // namespace dispatch::ingest
