#include "delivery/signature.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;

namespace {

constexpr WallTime now{std::chrono::seconds{1'700'000'000}};

constexpr Signed order{
    .id = "evt_123",
    .timestamp = "1700000000",
    .body = R"({"id":"evt_123","type":"order.created","source":"billing","data":{"amount":99}})"};
constexpr std::string_view order_signature =
    "v1=11e32a31840c9130f47da0546afd791d0ce053f7dc552a0b3a4fb118bcce6096";

}  // namespace

TEST_CASE("the published vector of Standard Webhooks is what we sign") {
  const std::vector<SigningSecret> secrets{{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", {}}};
  const Signed what{
      .id = "msg_p5jXN8AQM9LWM0D4loKWxJek", .timestamp = "1614265330", .body = R"({"test": 2432232314})"};
  CHECK(sign(secrets, what, now).value().standard == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("the published vector of X-Dispatch-Signature is what we sign") {
  const std::vector<SigningSecret> secrets{{"test-secret", {}}};
  CHECK(sign(secrets, order, now).value().dispatch == order_signature);
}

TEST_CASE("while a secret rotates a request is signed with both and then with the new one alone") {
  const std::vector<SigningSecret> secrets{{"the new one", {}},
                                           {"test-secret", now + std::chrono::microseconds{1}}};
  const auto both = sign(secrets, order, now).value();
  CHECK(both.dispatch == dispatch_signature("the new one", order) + "," + std::string{order_signature});
  CHECK(both.standard ==
        standard_signature("the new one", order) + " " + standard_signature("test-secret", order));
  const auto one = sign(secrets, order, now + std::chrono::microseconds{1}).value();
  CHECK(one.dispatch == dispatch_signature("the new one", order));
  CHECK(one.standard == standard_signature("the new one", order));
}

TEST_CASE("without a secret that holds there is no signature") {
  CHECK(sign({}, order, now).value().dispatch.empty());
  const std::vector<SigningSecret> gone{{"test-secret", now}};
  CHECK(sign(gone, order, now).value().dispatch.empty());
  CHECK(sign(gone, order, now).value().standard.empty());
}

TEST_CASE("a secret is its bytes or behind whsec_ what is base64") {
  CHECK(signing_key("plain text").value() == "plain text");
  CHECK(signing_key("whsec_Zm9v").value() == "foo");
  CHECK(signing_key("whsec_Zm8=").value() == "fo");
  CHECK(signing_key("whsec_Zm8").value() == "fo");
  CHECK(signing_key("WHSEC_Zm9v").value() == "WHSEC_Zm9v");
  for (const char* bad : {"whsec_", "whsec_Zm9-", "whsec_Z", "whsec_Zm 9"}) {
    CAPTURE(bad);
    CHECK_FALSE(signing_key(bad));
    const std::vector<SigningSecret> secrets{{bad, {}}};
    CHECK_FALSE(sign(secrets, order, now));
  }
}

TEST_CASE("an id stands in webhook-id without what could break a header or the signed text") {
  CHECK(webhook_id("evt_123") == "evt_123");
  CHECK(webhook_id("a.b c%\r\n\xC3\xA9") == "a%2Eb%20c%25%0D%0A%C3%A9");
}
