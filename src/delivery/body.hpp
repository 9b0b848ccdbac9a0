#pragma once

#include "event/outgoing.hpp"

#include <string>
#include <string_view>

namespace dispatch::delivery {

/// Builds the envelope around `data`: {"id","type","source","timestamp","data"}. A field that the event lacks
/// is null. The timestamp is the event's own time as given, or else the time of acceptance. Data that is not
/// JSON is written in base64 as "data_base64" instead.
std::string envelope(const Outgoing& outgoing, std::string_view data);

/// Builds a CloudEvent in the JSON format (structured content mode): the context attributes and `data`. Data
/// that is not JSON is written in base64 as "data_base64" instead, with the media type
/// application/octet-stream.
std::string structured_cloud_event(const Outgoing& outgoing, std::string_view data);

}  // namespace dispatch::delivery
