#pragma once

#include "base/error.hpp"
#include "ingest/source/source.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// A line without its end (LF or CRLF), or a piece of one that is too long.
struct Line {
  std::string_view text;     ///< `Lines::padding` bytes behind it may be read, whatever they are
  std::uint64_t number = 0;  ///< from 1
  std::size_t bytes = 0;     ///< of input that it took, its end included
  bool too_long = false;
  bool first = true, last = true;  ///< which piece it is; both where the line is whole
  bool terminated = true;          ///< false for a last line without an end
};

/// Cuts the bytes of one source into lines. A byte-order mark of UTF-8 at the start of a line is left out. Memory: two
/// blocks and the longest line that is allowed. Used by one thread.
class Lines {
 public:
  static constexpr std::size_t padding = 64;

  /// A line of more than `line_most` bytes comes in pieces, as soon as that is known of it.
  Lines(std::unique_ptr<Source> source, std::size_t line_most)
      : source_(std::move(source)), line_most_(line_most) {}

  enum class Wait { never, may };
  /// The next line. Nothing at the end, and with Wait::never also where the source has no complete line now;
  /// `ended` tells which. An error of the source comes after all lines before it.
  Result<std::optional<Line>> next(Wait wait);
  bool ended() const { return ended_; }

  /// Gives the memory that holds every line returned so far to `blocks`.
  void hand_over(std::vector<std::unique_ptr<char[]>>& blocks);

 private:
  std::optional<Line> take_line();
  std::optional<Line> take_piece();
  std::optional<Line> take_rest();
  Line take(const char* text_end, const char* next_begin);
  /// Reads more of the source behind what is there.
  Result<> fill();
  void make_room();
  void move_rest_to(std::size_t capacity);
  std::size_t slack() const;

  std::unique_ptr<Source> source_;
  std::size_t line_most_;
  std::unique_ptr<char[]> block_;
  std::size_t capacity_ = 0;
  char* begin_ = nullptr;    ///< of what has not been returned
  char* scanned_ = nullptr;  ///< no end of line before
  char* end_ = nullptr;
  std::vector<std::unique_ptr<char[]>> handed_out_;  ///< full blocks that lines returned stand in
  std::uint64_t number_ = 0;                         ///< of the last line begun
  bool in_long_line_ = false;
  bool input_ended_ = false;
  bool ended_ = false;
};

}  // namespace dispatch::ingest
