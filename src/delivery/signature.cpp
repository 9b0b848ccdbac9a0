#include "delivery/signature.hpp"

#include "base/crypto/hmac.hpp"
#include "base/text/base64.hpp"
#include "delivery/http/headers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dispatch::delivery {
namespace {

constexpr std::string_view key_prefix = "whsec_";

void append(std::string& list, char separator, std::string_view signature) {
  if (!list.empty()) list += separator;
  list += signature;
}

}  // namespace

Result<std::string> signing_key(std::string_view secret) {
  if (!secret.starts_with(key_prefix)) return std::string{secret};
  std::string encoded{secret.substr(key_prefix.size())};
  while (encoded.size() % 4 != 0) encoded += '=';
  auto key = decode_base64(encoded);
  if (!key || key->empty())
    return misuse("a secret that begins with {} must go on with its key in base64", key_prefix);
  return std::move(*key);
}

std::string dispatch_signature(std::string_view key, const Signed& what) {
  const Sha256 digest = hmac_sha256(key, fmt::format("{}.{}", what.timestamp, what.body));
  return fmt::format("v1={:02x}", fmt::join(digest, ""));
}

std::string standard_signature(std::string_view key, const Signed& what) {
  const Sha256 digest = hmac_sha256(key, fmt::format("{}.{}.{}", what.id, what.timestamp, what.body));
  std::string signature{"v1,"};
  append_base64(signature, as_text(digest));
  return signature;
}

Result<Signatures> sign(std::span<const SigningSecret> secrets, const Signed& what, WallTime now) {
  Signatures signatures;
  for (const SigningSecret& secret : secrets) {
    if (secret.until && *secret.until <= now) continue;
    DISPATCH_ASSIGN(const auto key, signing_key(secret.text));
    append(signatures.dispatch, ',', dispatch_signature(key, what));
    append(signatures.standard, ' ', standard_signature(key, what));
  }
  return signatures;
}

std::string webhook_id(std::string_view event_id) {
  std::string id;
  for (const char c : percent_encoded(event_id)) {
    if (c == '.')
      id += "%2E";
    else
      id += c;
  }
  return id;
}

}  // namespace dispatch::delivery
