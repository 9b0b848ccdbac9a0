#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "serve/http_server.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::serve {

/// Checks the signatures of requests, as a receiver should: X-Dispatch-Signature and Standard Webhooks 1.0.0
/// (delivery/signature.hpp). Thread-safe.
class SignatureCheck {
 public:
  /// `secrets`: one of them must have signed; at least one. A request whose time is further than `tolerance`
  /// from ours, before or after, may be one that somebody kept and sends again. Fails where a secret stands
  /// for no key.
  static Result<SignatureCheck> make(const std::vector<std::string>& secrets, std::chrono::seconds tolerance);

  /// Nothing where the request is signed and every signature scheme that it uses verifies. Else which check
  /// failed, first: "not signed", "X-Dispatch-Timestamp is missing", "webhook-timestamp is too old",
  /// "webhook-signature is wrong" and so on. None of it comes from the request.
  std::optional<std::string> fault(const Request& request, WallTime now) const;

 private:
  SignatureCheck(std::vector<std::string> keys, std::chrono::seconds tolerance)
      : keys_(std::move(keys)), tolerance_(tolerance) {}
  std::optional<std::string> timestamp_fault(const Request& request, const char* name, WallTime now) const;

  std::vector<std::string> keys_;
  std::chrono::seconds tolerance_;
};

}  // namespace dispatch::serve
