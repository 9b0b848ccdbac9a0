#include "base/crypto/hmac.hpp"

#include "base/text/base64.hpp"

#include <string>

#include <doctest/doctest.h>
#include <fmt/ranges.h>

using namespace dispatch;

namespace {

std::string hex(const Sha256& digest) {
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

}  // namespace

TEST_CASE("HMAC-SHA256 gives the vectors of RFC 4231") {
  CHECK(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(
      hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")) ==
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("HMAC-SHA256 takes an empty key and an empty text as such") {
  CHECK(hex(hmac_sha256("other", "")) != hex(hmac_sha256("", "")));
  CHECK(hex(hmac_sha256("", "")) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("secret texts are the same where every byte is") {
  CHECK(same_secretly("", ""));
  CHECK(same_secretly("abc", "abc"));
  CHECK_FALSE(same_secretly("abc", "abd"));
  CHECK_FALSE(same_secretly("abc", "abcd"));
  CHECK_FALSE(same_secretly("", "a"));
}

TEST_CASE("base64 goes there and back with the vectors of RFC 4648") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    std::string encoded;
    append_base64(encoded, bytes);
    CHECK(encoded == text);
    CHECK(decode_base64(text) == bytes);
  }
  for (const char* bad : {"Z", "Zg", "Zg=", "====", "Zg==Zg==", "Zm9\n", "Zm-_"})
    CHECK_FALSE(decode_base64(bad));
}
