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

/// The form of a request's body. The numbers are stored in the journal and never change their meaning.
enum class BodyMode : std::uint8_t {
  payload = 0,     ///< the event's payload, byte for byte
  envelope = 1,    ///< a JSON object: id, type, source, timestamp, data
  structured = 2,  ///< CloudEvents 1.0, structured content mode
  binary = 3,      ///< CloudEvents 1.0, binary content mode: the payload, and the attributes as headers
};

/// A secret that signs requests, and when it expires.
struct SigningSecret {
  std::string text;               ///< as the receiver has it; never printed, never logged
  std::optional<WallTime> until;  ///< when it expires; nothing: never
  friend bool operator==(const SigningSecret&, const SigningSecret&) = default;
};

/// At most `count` requests in any interval of length `per`.
struct Rate {
  unsigned count = 100;
  std::chrono::microseconds per{1'000'000};
  friend bool operator==(const Rate&, const Rate&) = default;
};

/// A named destination: which events it gets, and how. Absent fields use the setting of the run.
struct Subscription {
  SubscriptionNo no;
  std::string id;                        ///< 1 to 255 bytes; unique among those that are not removed
  std::string url, host;                 ///< `host` as in Route
  std::vector<std::string> event_types;  ///< patterns, see routing/pattern.hpp; at least one
  std::string filter;                    ///< a jq program that selects events; empty: all
  std::string transform;                 ///< a jq program that builds the data of the body; empty: none
  BodyMode body = BodyMode::payload;
  std::string headers;                     ///< sent with each request: a JSON object of strings, or empty
  std::vector<SigningSecret> secrets;      ///< the newest first; none: requests are not signed
  std::optional<Rate> rate = Rate{};       ///< nothing: no limit
  std::optional<std::size_t> concurrency;  ///< concurrent requests; nothing: the limit of the host
  std::optional<std::chrono::milliseconds> timeout;  ///< for one complete request
  std::optional<unsigned> attempts;                  ///< attempts before a delivery becomes a dead letter
  std::string statuses;                              ///< "410=dead,409=ok", see policy/classify.hpp; or empty
  bool deny_private = false;                         ///< true: addresses that are not public are refused
  std::optional<WallTime> paused_at;                 ///< when it was paused; nothing: it is not paused
  std::string pause_reason;                          ///< set while paused
  friend bool operator==(const Subscription&, const Subscription&) = default;
};

}  // namespace dispatch
