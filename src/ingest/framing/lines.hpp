#pragma once

#include "ingest/framing/frame.hpp"
#include "ingest/framing/input_buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace dispatch::ingest {

/// Splits a source into lines, which end with LF or CRLF. Removes a UTF-8 byte-order mark at the start of a
/// line.
class Lines final : public Frames {
 public:
  /// A line of more than `line_most` bytes comes in pieces, as soon as that is known.
  Lines(std::unique_ptr<Source> source, std::size_t line_most)
      : input_(std::move(source)), line_most_(line_most) {}

  Result<std::optional<Frame>> next(Wait wait) override;
  bool ended() const override { return ended_; }
  void hand_over(std::vector<std::unique_ptr<char[]>>& blocks) override { input_.hand_over(blocks); }

 private:
  std::optional<Frame> take_line();
  std::optional<Frame> take_piece();
  std::optional<Frame> take_rest();
  /// Takes a text of `text_size` bytes and its line end, `size` bytes in total.
  Frame take(std::size_t text_size, std::size_t size);
  std::size_t slack() const;

  InputBuffer input_;
  std::size_t line_most_;
  std::size_t scanned_ = 0;   ///< unread bytes without a line end
  std::uint64_t number_ = 0;  ///< number of the last line begun
  bool in_long_line_ = false;
  bool ended_ = false;
};

}  // namespace dispatch::ingest
