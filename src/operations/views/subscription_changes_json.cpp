#include "operations/views/subscription_changes_json.hpp"

#include "base/text/json.hpp"

namespace dispatch::operations {

std::string changes_json(const std::vector<SubscriptionChange>& changes) {
  std::string text;
  for (const auto& change : changes) {
    {
      JsonObject object{text};
      object.add("id", change.wanted.id).add("change", to_string(change.kind));
      std::string fields = "[";
      for (const auto& field : change.fields) {
        if (fields.size() > 1) fields += ',';
        JsonObject one{fields};
        one.add("field", field.name).add("from", field.from).add("to", field.to);
      }
      object.add_raw("fields", fields + "]");
    }
    text += '\n';
  }
  return text;
}

}  // namespace dispatch::operations
