#pragma once

#include "base/crypto/sha256.hpp"

#include <string_view>

namespace dispatch {

/// HMAC-SHA256 (RFC 2104, FIPS 180-4) by OpenSSL.
Sha256 hmac_sha256(std::string_view key, std::string_view text);

/// Compares in a time that depends on the lengths alone, so that it tells nothing of where two texts differ.
bool same_secretly(std::string_view a, std::string_view b);

}  // namespace dispatch
