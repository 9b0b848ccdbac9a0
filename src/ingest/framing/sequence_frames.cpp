#include "ingest/framing/sequence_frames.hpp"

#include "ingest/framing/byte_order_mark.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace dispatch::ingest {
namespace {

constexpr std::string_view space = " \t\r\n";

std::uint64_t newlines_in(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

Result<std::optional<Frame>> SequenceFrames::next(Wait wait) {
  while (!ended_) {
    if (in_long_text_ || scanned_ > 0 || skip_to_text()) {
      const auto unread = input_.unread();
      const auto end = unread.find(record_separator, scanned_);
      if (end != std::string_view::npos) return take(end, true);
      scanned_ = unread.size();
      if (!input_.ended() && is_too_long(unread)) return take(scanned_, false);
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

bool SequenceFrames::is_too_long(std::string_view text) const {
  // Space at its end may turn out not to belong to it, but is not held without limit.
  constexpr std::size_t space_most = std::size_t{64} * 1024;
  return text.size() > text_most_ + space_most || text.find_last_not_of(space) + 1 > text_most_;
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
  line_ += newlines_in(input_.take(size));
  dropped_ += size;
  scanned_ = 0;
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
  scanned_ = 0;
  if (last) frame.text = frame.text.substr(0, frame.text.find_last_not_of(space) + 1);
  frame.too_long = in_long_text_ || frame.text.size() > text_most_;
  in_long_text_ = !last;
  return frame;
}

}  // namespace dispatch::ingest
