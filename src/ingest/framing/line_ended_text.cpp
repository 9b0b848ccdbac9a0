#include "ingest/framing/line_ended_text.hpp"

namespace dispatch::ingest {

std::optional<std::size_t> LineEndedText::scan(std::string_view more) {
  std::size_t at = 0;
  while (state_ == State::before || state_ == State::inside) {
    const auto step = structure_.scan(more.substr(at));
    at += step.taken;
    switch (step.event) {
      case JsonStructure::Event::none:
        return std::nullopt;
      case JsonStructure::Event::value_begin:
        structure_.skip_value();
        state_ = State::inside;
        break;
      case JsonStructure::Event::value_end:
        state_ = State::behind;
        break;
      case JsonStructure::Event::name_end:
      case JsonStructure::Event::broken:
        state_ = State::other;
        break;
    }
  }
  if (state_ == State::other) return std::nullopt;
  const auto next = more.find_first_not_of(" \t\r", at);
  if (next == std::string_view::npos) return std::nullopt;
  if (more[next] == '\n') return next + 1;
  state_ = State::other;
  return std::nullopt;
}

}  // namespace dispatch::ingest
