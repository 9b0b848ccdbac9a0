#pragma once

#include "base/clock.hpp"
#include "event/ids.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch {

/// What a request's body is. The numbers are stored in the journal and never change their meaning.
enum class BodyMode : std::uint8_t {
  payload = 0,     ///< the event's payload, byte for byte
  envelope = 1,    ///< a JSON object: id, type, source, timestamp, data
  structured = 2,  ///< CloudEvents 1.0, structured content mode
  binary = 3,      ///< CloudEvents 1.0, binary content mode: the payload, and the attributes as headers
};

/// A secret that requests are signed with, and until when.
struct SigningSecret {
  std::string text;               ///< as the receiver knows it; never printed, never logged
  std::optional<WallTime> until;  ///< not used from then on; nothing: for good
  friend bool operator==(const SigningSecret&, const SigningSecret&) = default;
};

/// So many requests in any stretch of time of that length.
struct Rate {
  unsigned count = 100;
  std::chrono::microseconds per{1'000'000};
  friend bool operator==(const Rate&, const Rate&) = default;
};

/// A named destination: which events it is sent, and how. What is absent is as the run says.
struct Subscription {
  SubscriptionNo no;
  std::string id;                        ///< 1 to 255 bytes; unique among those that are not removed
  std::string url, host;                 ///< `host` as in Route
  std::vector<std::string> event_types;  ///< patterns, see routing/pattern.hpp; at least one
  std::string filter;                    ///< a jq program that says whether an event is meant; empty: all are
  std::string transform;                 ///< a jq program that makes the data of the body; empty: none
  BodyMode body = BodyMode::payload;
  std::string headers;                     ///< sent with each request: a JSON object of strings, or empty
  std::vector<SigningSecret> secrets;      ///< the newest first; none: requests are not signed
  std::optional<Rate> rate = Rate{};       ///< nothing: no limit
  std::optional<std::size_t> concurrency;  ///< requests at a time; nothing: as the host allows
  std::optional<std::chrono::milliseconds> timeout;  ///< for one request, everything included
  std::optional<unsigned> attempts;                  ///< until a delivery is a dead letter
  std::string statuses;                              ///< "410=dead,409=ok", see policy/classify.hpp; or empty
  bool deny_private = false;                         ///< addresses inside are refused
  std::optional<WallTime> paused_at;                 ///< its deliveries wait since then
  std::string pause_reason;                          ///< where paused
  friend bool operator==(const Subscription&, const Subscription&) = default;
};

}  // namespace dispatch
