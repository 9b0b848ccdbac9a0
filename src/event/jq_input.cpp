#include "event/jq_input.hpp"

#include "base/json.hpp"

namespace dispatch {
namespace {

void add(JsonObject& object, std::string_view key, std::string_view text) {
  if (text.empty())
    object.add_null(key);
  else
    object.add(key, text);
}

}  // namespace

std::string jq_document(const JqInput& input) {
  std::string document;
  document.reserve(input.payload.size() + 256);
  {
    JsonObject object{document};
    object.add("id", input.id);
    add(object, "type", input.type);
    add(object, "source", input.source);
    add(object, "timestamp", input.timestamp);
    object.add("entity", input.entity);
    if (input.sequence && input.entity)
      object.add("sequence", input.sequence->value());
    else
      object.add_null("sequence");
    object.add_raw("data", input.payload);
  }
  return document;
}

}  // namespace dispatch
