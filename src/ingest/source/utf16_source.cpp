#include "ingest/source/utf16_source.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace dispatch::ingest {
namespace {

constexpr std::size_t utf16_buffer_size = std::size_t{32} * 1024;

bool is_high_surrogate(unsigned unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low_surrogate(unsigned unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

void append_utf8(std::string& out, unsigned code) {
  const auto continued = [](unsigned bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += continued(code);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += continued(code >> 6);
    out += continued(code);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += continued(code >> 12);
    out += continued(code >> 6);
    out += continued(code);
  }
}

}  // namespace

Utf16Source::Utf16Source(std::unique_ptr<Source> inner, ByteOrder order)
    : inner_(std::move(inner)), order_(order), in_(utf16_buffer_size) {}

Result<std::size_t> Utf16Source::read(std::span<char> into) {
  while (!settled())
    if (auto taken = take_input(); !taken) error_ = std::move(taken).error();
  if (out_begin_ < out_.size()) {
    const std::size_t size = std::min(into.size(), out_.size() - out_begin_);
    std::memcpy(into.data(), out_.data() + out_begin_, size);
    out_begin_ += size;
    return size;
  }
  if (error_) return tl::unexpected(*error_);
  return std::size_t{0};
}

bool Utf16Source::ready() {
  while (!settled() && inner_->ready())
    if (auto taken = take_input(); !taken) error_ = std::move(taken).error();
  return settled();
}

Result<> Utf16Source::take_input() {
  const auto got = inner_->read(std::span{in_}.subspan(held_));
  if (!got) return tl::unexpected(got.error());
  out_.clear();
  out_begin_ = 0;
  if (*got == 0) {
    ended_ = true;
    if (high_half_ != 0) append_utf8(out_, std::exchange(high_half_, 0));
    if (held_ == 0) return {};
    return fail("{} is truncated: its UTF-16 text ends within a character; fetch the file again", name());
  }
  const std::size_t size = held_ + *got;
  const auto byte = [this](std::size_t at) { return static_cast<unsigned char>(in_[at]); };
  for (std::size_t at = 0; at + 1 < size; at += 2)
    convert(order_ == ByteOrder::little_endian ? byte(at) | byte(at + 1) << 8 : byte(at) << 8 | byte(at + 1));
  held_ = size % 2;
  if (held_ > 0) in_[0] = in_[size - 1];
  return {};
}

void Utf16Source::convert(unsigned unit) {
  const unsigned high = std::exchange(high_half_, 0);
  if (high != 0 && is_low_surrogate(unit)) {
    append_utf8(out_, 0x10000 + ((high - 0xD800) << 10) + (unit - 0xDC00));
    return;
  }
  if (high != 0) append_utf8(out_, high);
  if (is_high_surrogate(unit))
    high_half_ = unit;
  else
    append_utf8(out_, unit);
}

}  // namespace dispatch::ingest
