// A line to an event: what is accepted keeps to dispatch-events(5) and can be sent; what is not has a reason.

#include "base/clock.hpp"
#include "base/text/utf8.hpp"
#include "delivery/http/headers.hpp"
#include "event/outgoing.hpp"
#include "fuzz/input.hpp"
#include "fuzz/one_line.hpp"
#include "fuzz/property.hpp"

#include <algorithm>
#include <string>

#include <simdjson.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

bool is_text(std::string_view text, std::size_t most) {
  return text.empty() || (text.size() <= most && is_fit_to_show(text));
}

bool same(const Arrival& a, const Arrival& b) {
  return a.event_id == b.event_id && a.entity_id == b.entity_id && a.sequence == b.sequence &&
         a.type == b.type && a.source == b.source && a.time == b.time &&
         a.correlation_id == b.correlation_id && a.causation_id == b.causation_id && a.headers == b.headers &&
         a.own_url == b.own_url && a.payload == b.payload;
}

/// What was accepted can be written as a request, each field on one line of its own.
void check_request(const Arrival& event) {
  Outgoing outgoing;
  copy_to(outgoing, event);
  delivery::HeaderLines lines;
  PROPERTY(delivery::write_headers(outgoing, WallTime{}, lines).has_value());
}

void check_event(const Arrival& event) {
  PROPERTY(!event.event_id.empty() && is_text(event.event_id, 255));
  PROPERTY(!event.entity_id || (!event.entity_id->empty() && is_text(*event.entity_id, 255)));
  PROPERTY(!event.sequence || event.sequence->value() >= 0);
  for (const auto text : {event.type, event.source, event.time}) PROPERTY(is_text(text, 1024));
  for (const auto text : {event.correlation_id, event.causation_id}) PROPERTY(is_text(text, 255));
  PROPERTY(is_text(event.own_url, 8192));
  PROPERTY(event.headers.size() <= 8192);
  PROPERTY(!event.payload.empty());
  check_request(event);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const OneLine first{input.rest()};
  if (!first.accepted()) return 0;
  check_event(first.event());
  PROPERTY(is_utf8(first.line()));
  const auto payload =
      first.event().payload;  // no data_base64 without specversion: always a part of the line
  PROPERTY(first.line().find("specversion") != std::string_view::npos ||
           first.line().find('\\') != std::string_view::npos ||
           (payload.data() >= first.line().data() &&
            payload.data() + payload.size() <= first.line().data() + first.line().size()));

  // Space around it changes nothing but a payload that is the whole line.
  const OneLine spaced{" \t" + std::string{first.line()} + " \r"};
  PROPERTY(spaced.accepted());
  auto event = spaced.event();
  if (payload == first.line()) event.payload = payload;
  PROPERTY(same(event, first.event()));
  return 0;
}
