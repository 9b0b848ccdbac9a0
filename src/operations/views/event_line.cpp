#include "operations/views/event_line.hpp"

#include "base/text/base64.hpp"
#include "base/text/json.hpp"
#include "ingest/framing/frame.hpp"
#include "ingest/line/line_parser.hpp"
#include "journal/digest.hpp"

#include <string_view>

namespace dispatch::operations {
namespace {

enum class Payload { raw, base64 };

void write(JsonObject& object, const journal::EventRecord& event, Payload payload) {
  const auto add = [&](std::string_view key, std::string_view text) {
    if (!text.empty()) object.add(key, text);
  };
  // data_base64 belongs to CloudEvents; the names before it are ours all the same.
  if (payload == Payload::base64) object.add("specversion", "1.0");
  object.add("event_id", event.event_id);
  if (event.entity_id) object.add("entity_id", *event.entity_id);
  if (event.sequence) object.add("sequence_number", event.sequence->value());
  add("type", event.type);
  add("source", event.source);
  add("time", event.time);
  add("correlation_id", event.correlation_id);
  add("causation_id", event.causation_id);
  if (!event.headers.empty()) object.add_foreign("headers", event.headers);
  add("url", event.own_url);
  if (payload == Payload::raw) {
    object.add_raw("payload", event.payload);
  } else {
    std::string encoded;
    append_base64(encoded, event.payload);
    object.add("data_base64", encoded);
  }
}

std::string written(const journal::EventRecord& event, Payload payload) {
  std::string line;
  {
    JsonObject object{line};
    write(object, event, payload);
  }
  return line;
}

Arrival as_given(const journal::EventRecord& event) {
  Arrival arrival{view_of(event)};
  arrival.own_url = event.own_url;
  return arrival;
}

bool reads_back(const std::string& line, const journal::EventRecord& event) {
  if (line.find('\n') != std::string::npos) return false;
  std::string padded = line;
  padded.append(ingest::frame_padding, ' ');
  std::vector<std::unique_ptr<char[]>> blocks;
  ingest::TextStore store{blocks};
  ingest::LineParser parser{ingest::Mapping{}};
  const auto read = parser.parse(std::string_view{padded}.substr(0, line.size()), store);
  return read && read->payload == event.payload && read->sequence == event.sequence &&
         journal::content_digest(*read) == journal::content_digest(as_given(event));
}

}  // namespace

Result<std::string> event_line(const journal::EventRecord& event) {
  for (const auto payload : {Payload::raw, Payload::base64}) {
    auto line = written(event, payload);
    if (reads_back(line, event)) return line;
  }
  return fail("event {} cannot be written as a line of input; see what it is with: dispatch events show",
              event.event_id);
}

}  // namespace dispatch::operations
