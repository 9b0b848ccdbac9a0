#include "serve/signature_check.hpp"

#include "base/crypto/hmac.hpp"
#include "delivery/signature.hpp"

#include <charconv>
#include <cstdint>

namespace dispatch::serve {
namespace {

using delivery::Signed;

/// A list of signatures, one of which must be one that is expected. Every comparison is made, whatever the
/// ones before it gave.
bool any_is(std::string_view list, char separator, const std::vector<std::string>& expected) {
  bool found = false;
  while (!list.empty()) {
    const auto end = list.find(separator);
    auto one = list.substr(0, end);
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    for (const auto& signature : expected) found = same_secretly(one, signature) || found;
  }
  return found;
}

}  // namespace

Result<SignatureCheck> SignatureCheck::make(const std::vector<std::string>& secrets,
                                            std::chrono::seconds tolerance) {
  std::vector<std::string> keys;
  for (const auto& secret : secrets) {
    DISPATCH_ASSIGN(auto key, delivery::signing_key(secret));
    keys.push_back(std::move(key));
  }
  return SignatureCheck{std::move(keys), tolerance};
}

std::optional<std::string> SignatureCheck::fault(const Request& request, WallTime now) const {
  const auto dispatch = request.header("X-Dispatch-Signature");
  const auto standard = request.header("webhook-signature");
  if (!dispatch && !standard) return "not signed";
  std::vector<std::string> expected;
  if (dispatch) {
    if (auto fault = timestamp_fault(request, "X-Dispatch-Timestamp", now)) return fault;
    const Signed what{
        .id = {}, .timestamp = request.header("X-Dispatch-Timestamp").value(), .body = request.body};
    for (const auto& key : keys_) expected.push_back(delivery::dispatch_signature(key, what));
    if (!any_is(*dispatch, ',', expected)) return "X-Dispatch-Signature is wrong";
  }
  if (standard) {
    const auto id = request.header("webhook-id");
    if (!id) return "webhook-id is missing";
    if (auto fault = timestamp_fault(request, "webhook-timestamp", now)) return fault;
    const Signed what{
        .id = *id, .timestamp = request.header("webhook-timestamp").value(), .body = request.body};
    expected.clear();
    for (const auto& key : keys_) expected.push_back(delivery::standard_signature(key, what));
    if (!any_is(*standard, ' ', expected)) return "webhook-signature is wrong";
  }
  return std::nullopt;
}

std::optional<std::string> SignatureCheck::timestamp_fault(const Request& request, const char* name,
                                                           WallTime now) const {
  const auto text = request.header(name);
  if (!text) return std::string{name} + " is missing";
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc{} || end != text->data() + text->size() || seconds < 0)
    return std::string{name} + " is not a number of seconds";
  // Whole seconds on both sides: no value that a sender can choose overflows.
  const std::int64_t ours = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  if (ours - seconds > tolerance_.count()) return std::string{name} + " is too old";
  if (seconds - ours > tolerance_.count()) return std::string{name} + " is in the future";
  return std::nullopt;
}

}  // namespace dispatch::serve
