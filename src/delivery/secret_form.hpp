#pragma once

#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::delivery {

/// Checks a signing secret and returns it without a byte-order mark and surrounding white space. Refuses
/// secrets that no receiver of Standard Webhooks 1.0.0 can verify: quotation marks around it, "whsec_"
/// anywhere but at its start (as in "v1,whsec_..."), a key after "whsec_" that is not base64 or is shorter
/// than 16 bytes. Also refuses control characters, and less than 8 or more than 512 bytes. The message
/// continues "the secret in FILE" and contains nothing of the secret.
Result<std::string> tidy_secret(std::string text);

/// A warning about a secret that tidy_secret() accepts: it is short, or it looks like base64 that a receiver
/// would decode. The text continues "the secret in FILE". Nothing if there is no warning.
std::optional<std::string> weakness(std::string_view secret);

inline constexpr std::size_t secret_least = 8;    ///< bytes
inline constexpr std::size_t secret_most = 512;   ///< bytes
inline constexpr std::size_t secret_strong = 16;  ///< bytes of a key; a shorter key can be guessed

}  // namespace dispatch::delivery
