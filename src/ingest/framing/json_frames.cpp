#include "ingest/framing/json_frames.hpp"

#include <utility>

namespace dispatch::ingest {

JsonFrames::JsonFrames(std::unique_ptr<Source> source, std::size_t element_most,
                       std::optional<JsonPointer> records)
    : input_(std::move(source)),
      element_most_(element_most),
      records_(std::move(records)),
      elements_(records_) {}

Result<std::optional<Frame>> JsonFrames::next(Wait wait) {
  while (!ended_) {
    if (broken_) return broken();
    const auto event = advance();
    if (event != JsonElements::Event::none) {
      if (auto frame = take_event(event)) return frame;
      continue;
    }
    if (input_.ended()) {
      drop();
      ended_ = true;
      break;
    }
    if (auto piece = take_piece()) return piece;
    if (wait == Wait::never && !input_.ready()) break;
    DISPATCH_TRY(input_.fill());
  }
  return std::nullopt;
}

JsonElements::Event JsonFrames::advance() {
  const auto step = elements_.scan(input_.unread().substr(scanned_));
  scanned_ += step.taken;
  if (step.event == JsonElements::Event::none && input_.ended()) return elements_.finish();
  return step.event;
}

std::optional<Frame> JsonFrames::take_event(JsonElements::Event event) {
  switch (event) {
    case JsonElements::Event::none:
      break;
    case JsonElements::Event::document_begin:
      document_line_ = elements_.line();
      if (records_) hold(Held::document);
      break;
    case JsonElements::Event::begin:
      hold(Held::element);
      break;
    case JsonElements::Event::end:
      return take_text(true);
    case JsonElements::Event::document_end: {
      if (!records_ || elements_.has_array()) {
        drop();
        break;
      }
      if (held_ != Held::document) drop();
      line_ = document_line_;
      Frame frame = take_text(true);
      frame.element = 0;
      fault_ = fmt::format("the document has no array at {}", records_->text);
      frame.fault = fault_;
      return frame;
    }
    case JsonElements::Event::broken: {
      broken_ = true;
      if (held_ != Held::element) break;
      Frame frame = take_text(true);
      fault_ = fmt::format("not JSON: {}", elements_.problem());
      frame.fault = fault_;
      return frame;
    }
  }
  return std::nullopt;
}

std::optional<Frame> JsonFrames::take_piece() {
  if (held_ == Held::nothing) drop();
  if (scanned_ <= element_most_) return std::nullopt;
  if (held_ == Held::element) return take_text(false);
  drop();
  return std::nullopt;
}

Frame JsonFrames::take_text(bool last) {
  Frame frame;
  frame.too_long = !first_ || scanned_ > element_most_;
  frame.bytes = std::exchange(dropped_, 0) + scanned_;
  frame.text = input_.take(std::exchange(scanned_, 0));
  frame.line = line_;
  frame.element = elements_.index();
  frame.first = first_;
  frame.last = last;
  frame.terminated = !input_.ended() || !input_.unread().empty();
  first_ = last;
  if (last) held_ = Held::nothing;
  return frame;
}

void JsonFrames::hold(Held what) {
  drop();
  held_ = what;
  line_ = elements_.line();
}

void JsonFrames::drop() {
  input_.drop(scanned_);
  dropped_ += std::exchange(scanned_, 0);
  held_ = Held::nothing;
}

tl::unexpected<Error> JsonFrames::broken() const {
  return fail("{}, line {}: not JSON: {}; what follows there was not read",
              input_.name() == "-" ? "standard input" : input_.name(), elements_.line(), elements_.problem());
}

}  // namespace dispatch::ingest
