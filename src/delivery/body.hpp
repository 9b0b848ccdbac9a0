#pragma once

#include "event/outgoing.hpp"

#include <string>
#include <string_view>

namespace dispatch::delivery {

/// The envelope around `data`: {"id","type","source","timestamp","data"}. What the event has not is null; the
/// timestamp is the event's own time, as it came, or when it was accepted. Data that is no JSON stands in
/// base64 under "data_base64" instead.
std::string envelope(const Outgoing& outgoing, std::string_view data);

/// A CloudEvent in the JSON format (structured content mode): the context attributes, and `data`. Data that
/// is no JSON stands in base64 under "data_base64" instead, as application/octet-stream.
std::string structured_cloud_event(const Outgoing& outgoing, std::string_view data);

}  // namespace dispatch::delivery
