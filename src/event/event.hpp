#pragma once

#include "event/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

/// The content of an event, without its destinations and deliveries. Absent texts are empty.
template <class Text>
struct BasicEvent {
  Text event_id = {};
  std::optional<Text> entity_id = {};           ///< nothing: the event is a lane of its own
  std::optional<SequenceNumber> sequence = {};  ///< ignored without entity
  Text type = {}, source = {}, time = {}, correlation_id = {}, causation_id = {};
  Text headers = {};  ///< a JSON object of strings
  Text payload = {};  ///< the bytes as they came
};

/// Owns its data, so that it can be passed between threads.
using Event = BasicEvent<std::string>;
/// Borrows its data.
using EventView = BasicEvent<std::string_view>;

/// A view of `event`, which must outlive it.
inline EventView view_of(const Event& event) {
  return {.event_id = event.event_id,
          .entity_id = event.entity_id,
          .sequence = event.sequence,
          .type = event.type,
          .source = event.source,
          .time = event.time,
          .correlation_id = event.correlation_id,
          .causation_id = event.causation_id,
          .headers = event.headers,
          .payload = event.payload};
}

/// Makes `event` a copy of `view`.
inline void copy_to(Event& event, const EventView& view) {
  event.event_id = view.event_id;
  event.entity_id = view.entity_id;
  event.sequence = view.sequence;
  event.type = view.type;
  event.source = view.source;
  event.time = view.time;
  event.correlation_id = view.correlation_id;
  event.causation_id = view.causation_id;
  event.headers = view.headers;
  event.payload = view.payload;
}

}  // namespace dispatch
