#include "base/crypto/hmac.hpp"

#include <limits>
#include <stdexcept>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace dispatch {

Sha256 hmac_sha256(std::string_view key, std::string_view text) {
  if (key.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
    throw std::length_error{"an HMAC key of more than 2 GiB"};
  Sha256 digest{};
  unsigned size = 0;
  const char* const key_bytes = key.empty() ? "" : key.data();  // a null key would be the one used last
  if (HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
           &size) == nullptr ||
      size != digest.size())
    throw std::runtime_error{"OpenSSL cannot make an HMAC-SHA256"};
  return digest;
}

bool same_secretly(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace dispatch
