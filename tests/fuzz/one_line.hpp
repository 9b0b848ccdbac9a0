#pragma once

#include "fuzz/fit_to_show.hpp"
#include "fuzz/property.hpp"
#include "ingest/framing/frame.hpp"
#include "ingest/line/line_parser.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::test {

/// One line, read by a parser that has read nothing before, with all that the event borrows from.
class OneLine {
 public:
  OneLine(std::string_view text, ingest::Mapping mapping)
      : line_(text), parser_(std::move(mapping)), event_(parse()) {
    if (!event_) PROPERTY(is_fit_to_show(event_.error()) && event_.error().size() < 2048);
  }
  explicit OneLine(std::string_view text) : OneLine(text, {}) {}

  bool accepted() const { return event_.has_value(); }
  const Arrival& event() const { return *event_; }
  const std::string& reason() const { return event_.error(); }
  /// Where the event's views may point, other than into memory of its own.
  std::string_view line() const { return std::string_view{line_}.substr(0, size_); }

 private:
  ingest::Checked<Arrival> parse() {
    size_ = line_.size();
    line_.append(ingest::frame_padding, '"');  // whatever is there must not be read as part of the line
    ingest::TextStore store{memory_};
    return parser_.parse(line(), store);
  }

  std::string line_;
  std::size_t size_ = 0;
  std::vector<std::unique_ptr<char[]>> memory_;
  ingest::LineParser parser_;
  ingest::Checked<Arrival> event_;
};

}  // namespace dispatch::test
