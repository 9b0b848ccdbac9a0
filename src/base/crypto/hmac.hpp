#pragma once

#include "base/crypto/sha256.hpp"

#include <string_view>

namespace dispatch {

/// HMAC-SHA256 (RFC 2104, FIPS 180-4) by OpenSSL.
Sha256 hmac_sha256(std::string_view key, std::string_view text);

/// Compares in constant time for given lengths, so that timing does not reveal where two texts differ.
bool same_secretly(std::string_view a, std::string_view b);

}  // namespace dispatch
