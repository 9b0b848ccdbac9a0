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

/// Verifies the signatures of requests as a receiver should: X-Dispatch-Signature and Standard Webhooks 1.0.0
/// (delivery/signature.hpp). Thread-safe.
class SignatureCheck {
 public:
  /// `secrets`: one of them must have signed; at least one is needed. A request whose time differs from ours
  /// by more than `tolerance` may be a replayed copy, and fails. Returns an error if a secret is not a valid
  /// key.
  static Result<SignatureCheck> make(const std::vector<std::string>& secrets, std::chrono::seconds tolerance);

  /// Nothing if the request is signed and all its signature schemes verify. Otherwise the first check that
  /// failed: "not signed", "X-Dispatch-Timestamp is missing", "webhook-timestamp is too old",
  /// "webhook-signature is wrong" and so on. The text contains nothing of the request.
  std::optional<std::string> fault(const Request& request, WallTime now) const;

 private:
  SignatureCheck(std::vector<std::string> keys, std::chrono::seconds tolerance)
      : keys_(std::move(keys)), tolerance_(tolerance) {}
  std::optional<std::string> timestamp_fault(const Request& request, const char* name, WallTime now) const;

  std::vector<std::string> keys_;
  std::chrono::seconds tolerance_;
};

}  // namespace dispatch::serve
