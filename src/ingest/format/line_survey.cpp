#include "ingest/format/line_survey.hpp"

#include "base/text/utf8.hpp"
#include "ingest/framing/json_elements.hpp"

namespace dispatch::ingest {
namespace {

constexpr std::string_view space = " \t\r";

bool is_name_with_value(std::string_view line) {
  if (!line.starts_with('"')) return false;
  const auto end = line.find('"', 1);
  if (end == std::string_view::npos) return false;
  const auto next = line.find_first_not_of(space, end + 1);
  return next != std::string_view::npos && line[next] == ':';
}

}  // namespace

bool is_whole_object(std::string_view line) {
  if (!line.starts_with('{')) return false;
  JsonElements elements;
  std::size_t documents = 0;
  while (true) {
    const auto step = elements.scan(line);
    line.remove_prefix(step.taken);
    auto event = step.event;
    if (event == JsonElements::Event::none) event = elements.finish();
    if (event == JsonElements::Event::none) return documents == 1;
    if (event == JsonElements::Event::broken) return false;
    if (event == JsonElements::Event::document_begin && ++documents > 1) return false;
  }
}

void LineSurvey::look(std::string_view seen, bool ended) {
  while (at_ < seen.size() && !sees_lines()) {
    const auto end = seen.find('\n', searched_);
    if (end == std::string_view::npos) {
      searched_ = seen.size();
      if (ended) {
        count(seen.substr(at_));
        at_ = seen.size();
      }
      return;
    }
    count(seen.substr(at_, end - at_));
    at_ = searched_ = end + 1;
  }
}

void LineSurvey::count(std::string_view line) {
  if (line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
  const auto begin = line.find_first_not_of(space);
  if (begin == std::string_view::npos) return;
  const auto text = line.substr(begin, line.find_last_not_of(space) + 1 - begin);
  ++lines_;
  if (text.starts_with('{')) any_object_begins_ = true;
  if (is_whole_object(text)) {
    ++objects_;
    return;
  }
  const bool listed = text.ends_with(',') && is_whole_object(text.substr(0, text.size() - 1));
  if (listed) ++listed_;
  const bool goes_on = std::string_view{",:{["}.find(text.back()) != std::string_view::npos;
  if (goes_on || begin > 0 || text.find_first_not_of("{}[],") == std::string_view::npos ||
      is_name_with_value(text))
    ++parts_;
}

}  // namespace dispatch::ingest
