#include "delivery/secret_form.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;

namespace {

/// The secret as it is used, or why it is refused.
std::string tidy(std::string text) {
  auto secret = tidy_secret(std::move(text));
  return secret ? *secret : "refused: " + secret.error().message;
}

bool has(const std::string& whole, std::string_view part) {
  return whole.find(part) != std::string::npos;
}

/// Of 16 bytes, and of 15.
constexpr std::string_view key_16 = "AAECAwQFBgcICQoLDA0ODw==";
constexpr std::string_view key_15 = "AAECAwQFBgcICQoLDA0O";

}  // namespace

TEST_CASE("white space and a byte-order mark around a secret are no part of it") {
  for (const char* given : {"test-secret", "test-secret\n", "test-secret\r\n\n", "\t test-secret \v\f",
                            "\xEF\xBB\xBFtest-secret", "\xEF\xBB\xBF test-secret\n"}) {
    CAPTURE(given);
    CHECK(tidy(given) == "test-secret");
  }
  CHECK(tidy("two words here") == "two words here");
}

TEST_CASE("a secret that no receiver verifies is refused") {
  const std::string whsec = "whsec_" + std::string{key_16};
  CHECK(tidy(whsec) == whsec);
  CHECK(tidy("whsec_" + std::string{key_16.substr(0, 22)}) == "whsec_" + std::string{key_16.substr(0, 22)});
  CHECK(has(tidy("v1," + whsec), "refused: holds whsec_ and does not begin with it"));
  CHECK(has(tidy("secret=" + whsec), "refused: holds whsec_"));
  CHECK(has(tidy("WHSEC_" + std::string{key_16}), "refused: holds whsec_"));
  for (const std::string quote : {"\"", "'", "`"}) {
    CHECK(has(tidy(quote + whsec + quote), "quotation mark"));
    CHECK(has(tidy(quote + "test-secret"), "quotation mark"));
    CHECK(has(tidy("test-secret" + quote + "\n"), "quotation mark"));
  }
  CHECK(has(tidy("whsec_" + std::string{key_15}), "has a key of 15 bytes behind whsec_"));
  CHECK(has(tidy("whsec_not base64!"), "must go on with its key in base64"));
  CHECK(has(tidy("one-line\ntwo-lines"), "control character"));
  CHECK(has(tidy("short"), "is 5 bytes long"));
  CHECK(has(tidy(" \n"), "is 0 bytes long"));
  CHECK(tidy(std::string(512, 'x')) == std::string(512, 'x'));
  CHECK(has(tidy(std::string(513, 'x')), "more than 512 bytes long"));
}

TEST_CASE("a refusal shows nothing of the secret") {
  for (const char* given :
       {"v1,whsec_HIDDEN", "\"HIDDEN-HIDDEN\"", "whsec_HIDDEN", "HIDDEN\nHIDDEN", "HIDDEN"}) {
    CAPTURE(given);
    CHECK_FALSE(has(tidy(given), "HIDDEN"));
  }
}

TEST_CASE("a secret that can be guessed or is bare base64 is doubtful") {
  CHECK_FALSE(weakness("whsec_" + std::string{key_16}));
  CHECK(has(weakness("fifteen-bytes--").value(), "has 15 bytes"));
  CHECK_FALSE(weakness("sixteen-bytes---"));
  CHECK(has(weakness(key_16).value(), "looks like base64"));
  CHECK(has(weakness("C2FVsBQIhrscChlQIMV+b5sSYspob7oD").value(), "write whsec_ before it"));
  CHECK_FALSE(weakness("0123456789abcdef0123456789abcdef"));
  CHECK_FALSE(weakness("correct horse battery staple"));
}
