#include "ingest/framing/json_elements.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <simdjson.h>

namespace dispatch::ingest {
namespace {

/// Of an escape like \u20ac, the longest way to write a byte of a name.
constexpr std::size_t escape_length = 6;

std::size_t longest_name(const std::vector<std::string>& path) {
  std::size_t longest = 0;
  for (const auto& token : path) longest = std::max(longest, token.size());
  return longest * escape_length;
}

bool spells(const std::string& name, const std::string& token) {
  if (name.find('\\') == std::string::npos) return name == token;
  simdjson::dom::parser parser;
  std::string_view decoded;
  return parser.parse(fmt::format("\"{}\"", name)).get(decoded) == simdjson::SUCCESS && decoded == token;
}

}  // namespace

JsonElements::JsonElements(std::optional<JsonPointer> records)
    : path_(records ? std::move(records->tokens) : std::vector<std::string>{}),
      structure_(longest_name(path_)) {}

JsonElements::Step JsonElements::scan(std::string_view text) {
  if (std::exchange(document_ended_, false)) return {Event::document_end, 0};
  if (text.empty()) return {};
  std::size_t taken = 0;
  if (std::exchange(document_begun_, false)) {
    if (const Event event = begin_value(text.front()); event != Event::none) return {event, 0};
  }
  while (true) {
    const auto step = structure_.scan(text.substr(taken));
    taken += step.taken;
    Event event = Event::none;
    switch (step.event) {
      case JsonStructure::Event::none:
        return {Event::none, taken};
      case JsonStructure::Event::broken:
        return {Event::broken, taken};
      case JsonStructure::Event::name_end:
        note_name();
        break;
      case JsonStructure::Event::value_begin:
        if (depth() == 0) {
          document_begun_ = true;
          has_array_ = false;
          index_ = 0;
          begun_.clear();
          event = Event::document_begin;
        } else {
          event = begin_value(text[taken]);
        }
        break;
      case JsonStructure::Event::value_end:
        event = end_value();
        break;
    }
    if (event != Event::none) return {event, taken};
  }
}

JsonElements::Event JsonElements::finish() {
  if (std::exchange(document_ended_, false)) return Event::document_end;
  switch (structure_.finish()) {
    case JsonStructure::Event::value_end:
      return end_value();
    case JsonStructure::Event::broken:
      return Event::broken;
    default:
      return Event::none;
  }
}

JsonElements::Event JsonElements::begin_value(char first) {
  const bool container = first == '{' || first == '[';
  if (in_array_ || (path_.empty() && first != '[')) {
    structure_.skip_value();
    in_element_ = true;
    if (in_array_) ++index_;
    return Event::begin;
  }
  const bool leads_on = on_path();
  if (leads_on && depth() == path_.size() && first == '[') {
    in_array_ = has_array_ = true;
  } else if (leads_on && depth() < path_.size() && container) {
    begun_.push_back(0);
  } else {
    structure_.skip_value();
  }
  return Event::none;
}

bool JsonElements::on_path() {
  if (depth() == 0) return true;
  const auto& token = path_[depth() - 1];
  const std::size_t place = begun_.back()++;
  return structure_.in_object() ? std::exchange(name_matches_, false) : token == std::to_string(place);
}

JsonElements::Event JsonElements::end_value() {
  if (std::exchange(in_element_, false)) {
    document_ended_ = depth() == 0;
    return Event::end;
  }
  if (in_array_ && depth() == path_.size())
    in_array_ = false;
  else if (begun_.size() > depth())
    begun_.pop_back();
  return depth() == 0 ? Event::document_end : Event::none;
}

void JsonElements::note_name() {
  name_matches_ = spells(structure_.name(), path_[depth() - 1]);
}

}  // namespace dispatch::ingest
