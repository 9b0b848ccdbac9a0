#include "delivery/body.hpp"

#include "base/text/base64.hpp"
#include "base/text/json.hpp"
#include "base/text/units.hpp"
#include "delivery/cloud_event.hpp"

namespace dispatch::delivery {
namespace {

/// `media_type`: whether a text in base64 must say what it is.
void add_data(JsonObject& object, std::string_view data, bool media_type) {
  if (is_json(data)) {
    object.add_raw("data", data);
    return;
  }
  if (media_type) object.add("datacontenttype", "application/octet-stream");
  std::string encoded;
  append_base64(encoded, data);
  object.add("data_base64", encoded);
}

void add_or_null(JsonObject& object, std::string_view key, const std::string& text) {
  if (text.empty())
    object.add_null(key);
  else
    object.add(key, text);
}

}  // namespace

std::string envelope(const Outgoing& outgoing, std::string_view data) {
  std::string body;
  body.reserve(data.size() + 256);
  {
    JsonObject object{body};
    object.add("id", outgoing.event_id);
    add_or_null(object, "type", outgoing.type);
    add_or_null(object, "source", outgoing.source);
    object.add("timestamp", outgoing.time.empty() ? format_time(outgoing.accepted) : outgoing.time);
    add_data(object, data, false);
  }
  return body;
}

std::string structured_cloud_event(const Outgoing& outgoing, std::string_view data) {
  std::string body;
  body.reserve(data.size() + 512);
  {
    JsonObject object{body};
    for (const auto& attribute : cloud_event_attributes(outgoing))
      object.add(attribute.name, attribute.value);
    add_data(object, data, true);  // without one, data_base64 would hold JSON
  }
  return body;
}

}  // namespace dispatch::delivery
