#pragma once

#include "event/outgoing.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dispatch::delivery {

/// A context attribute of CloudEvents 1.0.
struct Attribute {
  std::string_view name;
  std::string value;
};

/// The context attributes of an event, the required ones first:
///
///     specversion      1.0
///     id               the event's id
///     source           its source as a URI reference; "dispatch" where it has none
///     type             its type; "dispatch.event" where it has none
///     time             its time, where that is a timestamp of RFC 3339
///     partitionkey     its entity
///     sequence         its sequence number, as 19 digits, because the extension orders texts
///     correlationid    where it has one
///     causationid      where it has one
///
/// The media type of the data is not among them: in binary mode it is Content-Type, and in structured mode
/// data is JSON, and data_base64 has a datacontenttype.
std::vector<Attribute> cloud_event_attributes(const Outgoing& outgoing);

}  // namespace dispatch::delivery
