#pragma once

#include "base/strong.hpp"

#include <cstdint>
#include <string>

namespace dispatch {

/// An event's place in the global order of the journal: from 1, never reused.
using Position = Strong<struct PositionTag, std::int64_t>;
/// An event's place in its entity's stream: from 1, or from 0 if the stream has a 0.
using SequenceNumber = Strong<struct SequenceNumberTag, std::int64_t>;
/// The sender's identifier of an event: 1 to 255 bytes of UTF-8.
using EventId = Strong<struct EventIdTag, std::string>;
/// Events of one entity are delivered in order: 1 to 255 bytes of UTF-8.
using EntityId = Strong<struct EntityIdTag, std::string>;

/// The journal's own numbers for names, so that each name is stored once. 0 means none.
using EntityNo = Strong<struct EntityNoTag, std::int64_t>;
using DestinationNo = Strong<struct DestinationNoTag, std::int64_t>;
using SubscriptionNo = Strong<struct SubscriptionNoTag, std::int64_t>;
/// A delivery queue is what the pump reads as one queue: the direct deliveries to one host, or those of one
/// subscription to one host.
using QueueNo = Strong<struct QueueNoTag, std::int64_t>;

}  // namespace dispatch
