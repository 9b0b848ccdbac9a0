#include "ingest/lines.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace dispatch::ingest {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
/// Large enough that copying the broken line at its end does not count, small enough not to be mapped and
/// unmapped by the allocator each time.
constexpr std::size_t block_size = std::size_t{64} * 1024;
constexpr std::size_t read_least = std::size_t{4} * 1024;

}  // namespace

Result<std::optional<Line>> Lines::next(Wait wait) {
  while (!ended_) {
    if (auto line = take_line()) return line;
    if (input_ended_) {
      auto rest = take_rest();
      ended_ = true;
      return rest;
    }
    if (auto piece = take_piece()) return piece;
    if (wait == Wait::never && !source_->ready()) break;
    DISPATCH_TRY(fill());
  }
  return std::nullopt;
}

std::optional<Line> Lines::take_line() {
  if (scanned_ == end_) return std::nullopt;
  auto* const newline =
      static_cast<char*>(std::memchr(scanned_, '\n', static_cast<std::size_t>(end_ - scanned_)));
  if (newline == nullptr) {
    scanned_ = end_;
    return std::nullopt;
  }
  const char* const text_end = newline > begin_ && newline[-1] == '\r' ? newline - 1 : newline;
  return take(text_end, newline + 1);
}

std::optional<Line> Lines::take_piece() {
  const auto there = static_cast<std::size_t>(end_ - begin_);
  if (there <= slack() || there - slack() <= line_most_) return std::nullopt;
  // A carriage return at the end may turn out to belong to the end of the line.
  const char* const piece_end = end_[-1] == '\r' ? end_ - 1 : end_;
  Line piece = take(piece_end, piece_end);
  piece.too_long = true;
  piece.last = false;
  in_long_line_ = true;
  return piece;
}

std::optional<Line> Lines::take_rest() {
  if (begin_ == end_ && !in_long_line_) return std::nullopt;
  Line rest = take(end_, end_);
  rest.terminated = false;
  return rest;
}

Line Lines::take(const char* text_end, const char* next_begin) {
  Line line;
  line.first = !in_long_line_;
  line.bytes = static_cast<std::size_t>(next_begin - begin_);
  line.text = {begin_, static_cast<std::size_t>(text_end - begin_)};
  if (line.first) ++number_;
  line.number = number_;
  // Files that were put together have a mark where each of them began.
  if (line.first && line.text.starts_with(byte_order_mark)) line.text.remove_prefix(byte_order_mark.size());
  line.too_long = in_long_line_ || line.text.size() > line_most_;
  in_long_line_ = false;
  begin_ += line.bytes;
  scanned_ = begin_;
  return line;
}

Result<> Lines::fill() {
  make_room();
  const auto free = static_cast<std::size_t>(block_.get() + capacity_ - end_);
  const auto got = source_->read(std::span{end_, free});
  if (!got) return tl::unexpected(got.error());
  input_ended_ = *got == 0;
  end_ += *got;
  return {};
}

void Lines::make_room() {
  const auto free = block_ ? static_cast<std::size_t>(block_.get() + capacity_ - end_) : 0;
  if (free >= read_least) return;
  // A line that fills half of a block gets a block of twice its size; take_piece bounds it.
  const auto rest = static_cast<std::size_t>(end_ - begin_);
  move_rest_to(std::max(block_size, 2 * (rest + read_least)));
}

void Lines::hand_over(std::vector<std::unique_ptr<char[]>>& blocks) {
  std::move(handed_out_.begin(), handed_out_.end(), std::back_inserter(blocks));
  handed_out_.clear();
  if (begin_ == block_.get()) return;
  if (begin_ == end_) {
    blocks.push_back(std::move(block_));
    capacity_ = 0;
    begin_ = scanned_ = end_ = nullptr;
    return;
  }
  move_rest_to(std::max(block_size, static_cast<std::size_t>(end_ - begin_) + read_least));
  std::move(handed_out_.begin(), handed_out_.end(), std::back_inserter(blocks));
  handed_out_.clear();
}

void Lines::move_rest_to(std::size_t capacity) {
  auto fresh = std::make_unique_for_overwrite<char[]>(capacity + padding);
  const auto rest = static_cast<std::size_t>(end_ - begin_);
  const auto scanned = static_cast<std::size_t>(scanned_ - begin_);
  if (rest > 0) std::memcpy(fresh.get(), begin_, rest);
  if (block_ && begin_ != block_.get()) handed_out_.push_back(std::move(block_));
  block_ = std::move(fresh);
  capacity_ = capacity;
  begin_ = block_.get();
  scanned_ = begin_ + scanned;
  end_ = begin_ + rest;
}

std::size_t Lines::slack() const {
  const std::size_t carriage_return = 1;
  return carriage_return + (in_long_line_ ? 0 : byte_order_mark.size());
}

}  // namespace dispatch::ingest
