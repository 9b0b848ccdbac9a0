#include "ingest/format/document_sight.hpp"

namespace dispatch::ingest {

DocumentSight::Sees DocumentSight::look(std::string_view seen, bool ended) {
  while (sees_ == Sees::nothing || sees_ == Sees::part) {
    if (separator_from_ && (sees_ = look_for_separator(seen)) == Sees::documents) break;
    const auto step = elements_.scan(seen.substr(scanned_));
    scanned_ += step.taken;
    auto event = step.event;
    if (event == JsonElements::Event::none && ended) {
      event = elements_.finish();
      // What is cut short at its end may be whole lines all the same; who asked decides.
      if (event == JsonElements::Event::broken) return sees_;
    }
    if (event == JsonElements::Event::none) {
      if (first_ended_on_line() || (ended && complete_ && documents_ == 1)) sees_ = at_line_end();
      return sees_;
    }
    sees_ = take(event, seen.substr(scanned_));
  }
  return sees_;
}

DocumentSight::Sees DocumentSight::take(JsonElements::Event event, std::string_view rest) {
  if (first_ended_on_line()) return at_line_end();
  switch (event) {
    case JsonElements::Event::none:
      break;
    case JsonElements::Event::broken:
      problem_ = elements_.problem();
      return Sees::no_json;
    case JsonElements::Event::document_begin: {
      const char kind = rest.front();
      if (kind != '{' && kind != '[') {
        problem_ = "it begins with neither an object nor an array";
        return Sees::no_json;
      }
      if (++documents_ == 1) {
        kind_ = kind;
        begin_line_ = elements_.line();
      }
      break;
    }
    case JsonElements::Event::begin:
      if (documents_ > 1) break;
      return begin_element(rest.front());
    case JsonElements::Event::end:
      if (documents_ == 1 && is_array() && has_object_ && elements_begun_ > 1 && spans_lines())
        separator_from_ = scanned_;
      break;
    case JsonElements::Event::document_end:
      // Two on one line, both of them whole.
      if (documents_ > 1) return Sees::documents;
      complete_ = true;
      end_line_ = elements_.line();
      break;
  }
  return Sees::part;
}

DocumentSight::Sees DocumentSight::begin_element(char first) {
  if (++elements_begun_ == 1) element_line_ = elements_.line();
  // A first line that is cut off behind a comma may have a whole line behind it. What stands on one line, or
  // behind a bracket on a line of its own, is an array's.
  const bool one_of_many =
      elements_begun_ > 2 || element_line_ > begin_line_ || elements_.line() == begin_line_;
  if (is_array() && elements_begun_ > 1 && has_object_ && one_of_many) return Sees::documents;
  if (first == '{') has_object_ = true;
  return Sees::part;
}

DocumentSight::Sees DocumentSight::look_for_separator(std::string_view seen) {
  const auto next = seen.find_first_not_of(" \t\r\n", *separator_from_);
  if (next == std::string_view::npos) {
    separator_from_ = seen.size();
    return Sees::part;
  }
  separator_from_.reset();
  return seen[next] == ',' || seen[next] == ']' ? Sees::documents : Sees::part;
}

DocumentSight::Sees DocumentSight::at_line_end() const {
  const bool one_line = begin_line_ == end_line_;
  if (!is_array()) return one_line ? Sees::one_object : Sees::documents;
  return one_line && elements_begun_ > 0 && !has_object_ ? Sees::no_json : Sees::documents;
}

}  // namespace dispatch::ingest
