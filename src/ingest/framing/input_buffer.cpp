#include "ingest/framing/input_buffer.hpp"

#include "ingest/framing/frame.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>

namespace dispatch::ingest {
namespace {

/// Large enough that copying the broken frame at its end does not count, small enough not to be mapped and
/// unmapped by the allocator each time.
constexpr std::size_t block_size = std::size_t{64} * 1024;
constexpr std::size_t read_least = std::size_t{4} * 1024;

}  // namespace

Result<> InputBuffer::fill() {
  make_room();
  const auto free = static_cast<std::size_t>(block_.get() + capacity_ - end_);
  const auto got = source_->read(std::span{end_, free});
  if (!got) return tl::unexpected(got.error());
  ended_ = *got == 0;
  end_ += *got;
  return {};
}

void InputBuffer::make_room() {
  const auto free = block_ ? static_cast<std::size_t>(block_.get() + capacity_ - end_) : 0;
  if (free >= read_least) return;
  // A frame that fills half of a block gets a block of twice its size; its longest size bounds that.
  move_unread_to(std::max(block_size, 2 * (unread().size() + read_least)));
}

void InputBuffer::hand_over(std::vector<std::unique_ptr<char[]>>& blocks) {
  if (lent_) {
    if (begin_ == end_) {
      full_.push_back(std::move(block_));
      lent_ = false;
      capacity_ = 0;
      begin_ = end_ = nullptr;
    } else {
      move_unread_to(std::max(block_size, unread().size() + read_least));
    }
  }
  std::move(full_.begin(), full_.end(), std::back_inserter(blocks));
  full_.clear();
}

void InputBuffer::move_unread_to(std::size_t capacity) {
  auto fresh = std::make_unique_for_overwrite<char[]>(capacity + frame_padding);
  const auto size = unread().size();
  if (size > 0) std::memcpy(fresh.get(), begin_, size);
  if (lent_) full_.push_back(std::move(block_));
  lent_ = false;
  block_ = std::move(fresh);
  capacity_ = capacity;
  begin_ = block_.get();
  end_ = begin_ + size;
}

}  // namespace dispatch::ingest
