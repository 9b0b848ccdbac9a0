#include "ingest/source/lookahead.hpp"

#include <algorithm>
#include <cstring>

namespace dispatch::ingest {
namespace {

constexpr std::size_t lookahead_block_size = std::size_t{64} * 1024;

}  // namespace

Result<> Lookahead::look_further() {
  if (ended_) return {};
  if (end_ == capacity_) {
    const std::size_t seen = end_ - begin_;
    const std::size_t capacity = std::max(lookahead_block_size, 2 * seen);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (seen > 0) std::memcpy(larger.get(), buffer_.get() + begin_, seen);
    buffer_ = std::move(larger);
    capacity_ = capacity;
    begin_ = 0;
    end_ = seen;
  }
  const auto got = inner_->read({buffer_.get() + end_, capacity_ - end_});
  if (!got) return tl::unexpected(got.error());
  ended_ = *got == 0;
  end_ += *got;
  return {};
}

Result<std::size_t> Lookahead::read(std::span<char> into) {
  if (begin_ < end_) {
    const std::size_t size = std::min(into.size(), end_ - begin_);
    std::memcpy(into.data(), buffer_.get() + begin_, size);
    begin_ += size;
    if (begin_ == end_) {
      buffer_.reset();
      capacity_ = begin_ = end_ = 0;
    }
    return size;
  }
  if (ended_) return std::size_t{0};
  return inner_->read(into);
}

}  // namespace dispatch::ingest
