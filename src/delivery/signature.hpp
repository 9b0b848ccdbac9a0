#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/subscription.hpp"

#include <span>
#include <string>
#include <string_view>

namespace dispatch::delivery {

/// The HMAC key of a secret, the same in both schemes: the decoded base64 after "whsec_" (Standard Webhooks
/// 1.0.0), or else the bytes of the text. Fails if "whsec_" is followed by nothing or by text that is not
/// base64 (RFC 4648, padding optional).
Result<std::string> signing_key(std::string_view secret);

/// The signed parts of a request, besides its body. The headers contain exactly these texts.
struct Signed {
  std::string_view id;         ///< webhook-id
  std::string_view timestamp;  ///< X-Dispatch-Timestamp and webhook-timestamp: seconds since the epoch
  std::string_view body;
};

/// One signature of X-Dispatch-Signature: "v1=" and HMAC-SHA256(timestamp.body) in lower-case hex.
std::string dispatch_signature(std::string_view key, const Signed& what);

/// One signature of webhook-signature (Standard Webhooks 1.0.0): "v1," and HMAC-SHA256(id.timestamp.body) in
/// base64.
std::string standard_signature(std::string_view key, const Signed& what);

/// The values of both signature headers.
struct Signatures {
  std::string dispatch;  ///< X-Dispatch-Signature: separated by commas
  std::string standard;  ///< webhook-signature: separated by spaces
};

/// Signs with every secret that has not expired at `now`, in the order given; both values are empty if there
/// is none. Fails if a secret is not a valid key.
Result<Signatures> sign(std::span<const SigningSecret> secrets, const Signed& what, WallTime now);

/// Encodes an event's id as webhook-id: percent-encoded like other headers, and the dot as well, because dots
/// separate the signed parts.
std::string webhook_id(std::string_view event_id);

}  // namespace dispatch::delivery
