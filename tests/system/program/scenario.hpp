#pragma once

#include "support/network/receiver.hpp"
#include "system/program/child.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace dispatch::test {

/// One JSON line of the input.
std::string event_line(const std::string& id, const std::string& entity, std::int64_t sequence,
                       const std::string& url = {}, const std::string& payload = "{}");

/// `entities` streams of `each` events, interleaved; ids "ENTITY-SEQUENCE".
std::string streams(int entities, int each, const std::string& url = {});

/// A script that answers each request well, so much after it came.
Receiver::Script after(std::chrono::milliseconds delay);

/// The event id a request carries, without its quotes.
std::string id_of(const Received& request);
std::string entity_of(const Received& request);
std::int64_t sequence_of(const Received& request);

/// What a receiver saw, read as promises: each false or non-zero value is one of them broken.
struct Seen {
  std::map<std::string, int> requests;   ///< by event id
  std::map<std::string, int> completed;  ///< by event id: answered 2xx and the answer was sent
  int order_violations = 0;  ///< a request for N before the one for N-1 of its entity was answered well
  int overlaps = 0;          ///< a request for an entity while another of it was open
};
/// `succeeded` says of each request, in order of arrival, whether it was answered with a success.
Seen review(const std::vector<Received>& received, const std::vector<bool>& succeeded);
/// The same where every answer that went out was a success.
Seen review(const std::vector<Received>& received);

}  // namespace dispatch::test
