#include "serve/signature_check.hpp"

#include "delivery/signature.hpp"

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::serve;

namespace {

constexpr WallTime now{std::chrono::seconds{1'700'000'000}};
constexpr std::chrono::seconds tolerance{300};

Request request(HeaderFields headers, std::string body = "{}") {
  return {.method = "POST", .target = "/", .headers = std::move(headers), .body = std::move(body)};
}

/// As the program signs it with these secrets, the newest first.
Request signed_with(const std::vector<SigningSecret>& secrets, const std::string& timestamp = "1700000000") {
  const auto signatures =
      delivery::sign(secrets, {.id = "evt-1", .timestamp = timestamp, .body = "{}"}, now).value();
  return request({{"X-Dispatch-Timestamp", timestamp},
                  {"X-Dispatch-Signature", signatures.dispatch},
                  {"webhook-id", "evt-1"},
                  {"webhook-timestamp", timestamp},
                  {"webhook-signature", signatures.standard}});
}

std::string fault(const Request& request, const std::vector<std::string>& secrets = {"test-secret"}) {
  return SignatureCheck::make(secrets, tolerance).value().fault(request, now).value_or("none");
}

void set(Request& request, const std::string& name, const std::string& value) {
  for (auto& [field, text] : request.headers)
    if (field == name) text = value;
}

void drop(Request& request, const std::string& name) {
  std::erase_if(request.headers, [&](const auto& field) { return field.first == name; });
}

}  // namespace

TEST_CASE("the published vectors verify") {
  const Request standard = request({{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                                    {"webhook-timestamp", "1614265330"},
                                    {"webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}},
                                   R"({"test": 2432232314})");
  const WallTime then{std::chrono::seconds{1'614'265'330}};
  CHECK_FALSE(SignatureCheck::make({"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, tolerance)
                  .value()
                  .fault(standard, then));
  CHECK(fault(request(
            {{"x-dispatch-timestamp", "1700000000"},
             {"x-dispatch-signature", "v1=11e32a31840c9130f47da0546afd791d0ce053f7dc552a0b3a4fb118bcce6096"}},
            R"({"id":"evt_123","type":"order.created","source":"billing","data":{"amount":99}})")) == "none");
}

TEST_CASE("while a secret rotates the old and the new one verify what is signed with both") {
  const Request both = signed_with({{"the new one", {}}, {"test-secret", {}}});
  CHECK(fault(both) == "none");
  CHECK(fault(both, {"the new one"}) == "none");
  CHECK(fault(signed_with({{"test-secret", {}}}), {"the new one", "test-secret"}) == "none");
  CHECK(fault(both, {"another one"}) == "X-Dispatch-Signature is wrong");
}

TEST_CASE("a changed body or header or another secret does not verify") {
  const Request good = signed_with({{"test-secret", {}}});
  REQUIRE(fault(good) == "none");
  Request changed = good;
  changed.body += ' ';
  CHECK(fault(changed) == "X-Dispatch-Signature is wrong");
  drop(changed, "X-Dispatch-Signature");
  CHECK(fault(changed) == "webhook-signature is wrong");
  changed = good;
  set(changed, "webhook-id", "evt-2");
  CHECK(fault(changed) == "webhook-signature is wrong");
  changed = good;
  set(changed, "X-Dispatch-Timestamp", "1700000001");
  CHECK(fault(changed) == "X-Dispatch-Signature is wrong");
  changed = good;
  set(changed, "webhook-signature", "v1a,abc v2,def");
  CHECK(fault(changed) == "webhook-signature is wrong");
  changed = good;
  set(changed, "X-Dispatch-Signature", "");
  CHECK(fault(changed) == "X-Dispatch-Signature is wrong");
  CHECK(fault(signed_with({{"test-Secret", {}}})) == "X-Dispatch-Signature is wrong");
}

TEST_CASE("signatures of schemes to come stand beside those that verify") {
  Request good = signed_with({{"test-secret", {}}});
  set(good, "X-Dispatch-Signature",
      "v2=00, " + std::string{*good.header("X-Dispatch-Signature")} + " ,v1=00");
  set(good, "webhook-signature", "v1a,AAAA  " + std::string{*good.header("webhook-signature")});
  CHECK(fault(good) == "none");
}

TEST_CASE("what is missing is named") {
  CHECK(fault(request({})) == "not signed");
  Request part = signed_with({{"test-secret", {}}});
  drop(part, "webhook-id");
  CHECK(fault(part) == "webhook-id is missing");
  part = signed_with({{"test-secret", {}}});
  drop(part, "X-Dispatch-Timestamp");
  CHECK(fault(part) == "X-Dispatch-Timestamp is missing");
  part = signed_with({{"test-secret", {}}});
  drop(part, "webhook-timestamp");
  CHECK(fault(part) == "webhook-timestamp is missing");
}

TEST_CASE("a time outside the tolerance does not verify however well it is signed") {
  const auto at = [](const std::string& timestamp) {
    return fault(signed_with({{"test-secret", {}}}, timestamp));
  };
  CHECK(at("1699999700") == "none");
  CHECK(at("1699999699") == "X-Dispatch-Timestamp is too old");
  CHECK(at("1700000300") == "none");
  CHECK(at("1700000301") == "X-Dispatch-Timestamp is in the future");
  CHECK(at("0") == "X-Dispatch-Timestamp is too old");
  CHECK(at(std::to_string(std::numeric_limits<std::int64_t>::max())) ==
        "X-Dispatch-Timestamp is in the future");
  for (const char* bad :
       {"", "-1", "+1700000000", " 1700000000", "1700000000.5", "1.7e9", "99999999999999999999"})
    CHECK(at(bad) == "X-Dispatch-Timestamp is not a number of seconds");
}

TEST_CASE("a secret that stands for no key cannot check") {
  CHECK_FALSE(SignatureCheck::make({"test-secret", "whsec_!"}, tolerance));
}
