// The check of signatures: whatever a request says, it passes only where the signature that belongs to it
// stands in its headers, and one that belongs to it passes among any others.

#include "delivery/signature.hpp"

#include "fuzz/input.hpp"
#include "fuzz/property.hpp"
#include "serve/signature_check.hpp"

#include <string>

using namespace dispatch;
using namespace dispatch::test;
using serve::Request;

namespace {

constexpr WallTime now{std::chrono::seconds{1'700'000'000}};

std::string text_of(const Request& request, std::string_view name) {
  return std::string{request.header(name).value_or("")};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const std::string secret{input.until('\n')};
  const std::string id{input.until('\n')};
  const std::string timestamp{input.until('\n')};
  const std::string dispatch{input.until('\n')};
  const std::string standard{input.until('\n')};
  const std::string body{input.rest()};

  const auto key = delivery::signing_key(secret);
  const auto check = serve::SignatureCheck::make({secret}, std::chrono::minutes{5});
  PROPERTY(key.has_value() == check.has_value());
  if (!key) return 0;
  const delivery::Signed what{.id = id, .timestamp = timestamp, .body = body};
  const std::string dispatch_right = delivery::dispatch_signature(*key, what);
  const std::string standard_right = delivery::standard_signature(*key, what);

  Request request{.method = "POST",
                  .target = "/",
                  .headers = {{"X-Dispatch-Timestamp", timestamp},
                              {"X-Dispatch-Signature", dispatch},
                              {"webhook-id", id},
                              {"webhook-timestamp", timestamp},
                              {"webhook-signature", standard}},
                  .body = body};
  if (!check->fault(request, now)) {
    PROPERTY(text_of(request, "X-Dispatch-Signature").find(dispatch_right) != std::string::npos);
    PROPERTY(text_of(request, "webhook-signature").find(standard_right) != std::string::npos);
  }

  request.headers[1].second = dispatch + "," + dispatch_right + " ," + dispatch;
  request.headers[4].second = standard + " " + standard_right + " " + standard;
  const auto fault = check->fault(request, now);
  PROPERTY(!fault || fault->starts_with("X-Dispatch-Timestamp is "));  // time is all that can be wrong
  request.body += '!';
  const auto changed = check->fault(request, now);
  PROPERTY(changed.has_value());
  PROPERTY(fault || *changed == "X-Dispatch-Signature is wrong");

  const std::string on_the_wire = delivery::webhook_id(id);
  PROPERTY(on_the_wire.find_first_of(". \"\r\n") == std::string::npos);
  return 0;
}
