#include "ingest/framing/sequence_frames.hpp"

#include "base/text/utf8.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace dispatch::ingest {
namespace {

constexpr std::string_view json_space = " \t\r\n";

std::uint64_t newlines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

Result<std::optional<Frame>> SequenceFrames::next(Wait wait) {
  while (!ended_) {
    if (in_long_text_ || scanned_ > 0 || skip_to_text()) {
      if (const auto end = find_end()) return take(*end, true);
      if (!input_.ended() && is_too_long()) return take(scanned_, false);
    }
    if (input_.ended()) {
      ended_ = true;
      if (in_long_text_ || scanned_ > 0) return take(scanned_, true);
      break;
    }
    if (wait == Wait::never && !input_.ready()) break;
    DISPATCH_TRY(input_.fill());
  }
  return std::nullopt;
}

std::optional<std::size_t> SequenceFrames::find_end() {
  const auto unread = input_.unread();
  const auto separator = unread.find(record_separator, scanned_);
  const auto more = unread.substr(0, separator).substr(scanned_);
  if (const auto end = text_->scan(more)) return scanned_ + *end;
  if (separator != std::string_view::npos) return separator;
  if (const auto solid = more.find_last_not_of(json_space); solid != std::string_view::npos)
    solid_ = scanned_ + solid + 1;
  scanned_ = unread.size();
  return std::nullopt;
}

bool SequenceFrames::is_too_long() const {
  // Space at its end may turn out not to belong to it, but is not held without limit.
  constexpr std::size_t space_most = std::size_t{64} * 1024;
  return scanned_ > text_most_ + space_most || solid_ > text_most_;
}

bool SequenceFrames::skip_to_text() {
  while (true) {
    const auto unread = input_.unread();
    const auto text = unread.find_first_not_of(" \t\r\n\x1E");
    drop(std::min(text, unread.size()));
    if (!input_.unread().starts_with(byte_order_mark)) break;
    drop(byte_order_mark.size());
  }
  const auto rest = input_.unread();
  // The begin of a mark may be all that has come of it.
  if (!input_.ended() && byte_order_mark.starts_with(rest)) return false;
  text_line_ = line_;
  return !rest.empty();
}

void SequenceFrames::drop(std::size_t size) {
  const auto dropped = input_.unread().substr(0, size);
  line_ += newlines_in(dropped);
  separated_ = separated_ || dropped.find(record_separator) != std::string_view::npos;
  input_.drop(size);
  dropped_ += size;
  scanned_ = solid_ = 0;
}

Frame SequenceFrames::take(std::size_t size, bool last) {
  Frame frame;
  frame.bytes = std::exchange(dropped_, 0) + size;
  frame.text = input_.take(size);
  frame.line = text_line_;
  frame.first = !in_long_text_;
  frame.last = last;
  frame.terminated = !ended_;
  line_ += newlines_in(frame.text);
  scanned_ = solid_ = 0;
  if (!separated_) frame.fault = "there is no record separator (0x1E) before it";
  if (last) {
    text_.emplace();
    separated_ = false;
  }
  if (last) frame.text = frame.text.substr(0, frame.text.find_last_not_of(json_space) + 1);
  frame.too_long = in_long_text_ || frame.text.size() > text_most_;
  in_long_text_ = !last;
  return frame;
}

}  // namespace dispatch::ingest
