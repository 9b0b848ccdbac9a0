#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/subscription.hpp"

#include <span>
#include <string>
#include <string_view>

namespace dispatch::delivery {

/// The key that a secret stands for, the same in both schemes: what is base64 behind "whsec_" (Standard
/// Webhooks 1.0.0), and of any other text its bytes. Fails where "whsec_" is followed by what is not base64
/// (RFC 4648, the padding may be left out) or by nothing.
Result<std::string> signing_key(std::string_view secret);

/// What a request is signed over, besides its body. The texts stand in headers just so.
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

/// The values of both headers.
struct Signatures {
  std::string dispatch;  ///< X-Dispatch-Signature: separated by commas
  std::string standard;  ///< webhook-signature: separated by spaces
};

/// Signs with every secret that has not expired at `now`, in the order given; both values are empty where
/// there is none. Fails where a secret stands for no key.
Result<Signatures> sign(std::span<const SigningSecret> secrets, const Signed& what, WallTime now);

/// An event's id as webhook-id: percent-encoded as other headers are, and the dot as well, because dots
/// separate what is signed.
std::string webhook_id(std::string_view event_id);

}  // namespace dispatch::delivery
