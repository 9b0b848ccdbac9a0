#include "ingest/framing/lines.hpp"

#include "base/text/utf8.hpp"

#include <string_view>

namespace dispatch::ingest {

Result<std::optional<Frame>> Lines::next(Wait wait) {
  while (!ended_) {
    if (auto line = take_line()) return line;
    if (input_.ended()) {
      auto rest = take_rest();
      ended_ = true;
      return rest;
    }
    if (auto piece = take_piece()) return piece;
    if (wait == Wait::never && !input_.ready()) break;
    DISPATCH_TRY(input_.fill());
  }
  return std::nullopt;
}

std::optional<Frame> Lines::take_line() {
  const auto unread = input_.unread();
  const auto newline = unread.find('\n', scanned_);
  if (newline == std::string_view::npos) {
    scanned_ = unread.size();
    return std::nullopt;
  }
  const bool carriage_return = newline > 0 && unread[newline - 1] == '\r';
  return take(carriage_return ? newline - 1 : newline, newline + 1);
}

std::optional<Frame> Lines::take_piece() {
  const auto unread = input_.unread();
  if (unread.size() <= slack() || unread.size() - slack() <= line_most_) return std::nullopt;
  // A carriage return at the end may turn out to belong to the end of the line.
  const std::size_t size = unread.back() == '\r' ? unread.size() - 1 : unread.size();
  Frame piece = take(size, size);
  piece.too_long = true;
  piece.last = false;
  in_long_line_ = true;
  return piece;
}

std::optional<Frame> Lines::take_rest() {
  const std::size_t size = input_.unread().size();
  if (size == 0 && !in_long_line_) return std::nullopt;
  Frame rest = take(size, size);
  rest.terminated = false;
  return rest;
}

Frame Lines::take(std::size_t text_size, std::size_t size) {
  Frame line;
  line.text = input_.take(size).substr(0, text_size);
  line.bytes = size;
  line.first = !in_long_line_;
  if (line.first) ++number_;
  line.line = number_;
  // Files that were put together have a mark where each of them began.
  if (line.first && line.text.starts_with(byte_order_mark)) line.text.remove_prefix(byte_order_mark.size());
  line.too_long = in_long_line_ || line.text.size() > line_most_;
  in_long_line_ = false;
  scanned_ = 0;
  return line;
}

std::size_t Lines::slack() const {
  const std::size_t carriage_return = 1;
  return carriage_return + (in_long_line_ ? 0 : byte_order_mark.size());
}

}  // namespace dispatch::ingest
