#include "bench/event_file.hpp"

#include <stdexcept>
#include <string_view>

namespace dispatch::bench {

EventFile::EventFile(const std::string& path, bool own_urls) : file_(path), own_urls_(own_urls) {
  if (!file_) throw std::runtime_error{"cannot open " + path};
  buffer_.resize(256 * 1024);
  file_.rdbuf()->pubsetbuf(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
}

bool EventFile::next(Outgoing& event) {
  if (!std::getline(file_, line_)) return false;
  line_.reserve(line_.size() + simdjson::SIMDJSON_PADDING);
  auto document = parser_.iterate(line_, line_.capacity());
  event.event_id = std::string_view{document["event_id"]};
  event.entity_id = std::string_view{document["entity_id"]};
  event.sequence = SequenceNumber{std::int64_t{document["sequence_number"]}};
  if (own_urls_) event.url = std::string_view{document["url"]};
  event.type = std::string_view{document["type"]};
  event.payload = std::string_view{simdjson::to_json_string(document["payload"].value())};
  event.trace = tracing::started_trace({}, event.event_id, tracing::TraceContext::sampled_flag);
  return true;
}

}  // namespace dispatch::bench
