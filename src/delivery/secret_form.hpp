#pragma once

#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::delivery {

/// A signing secret as it was given, ready to be used: without the byte-order mark and the white space around
/// it. Refuses what no receiver that follows Standard Webhooks 1.0.0 verifies: quotation marks around it,
/// "whsec_" anywhere but at its start (as in "v1,whsec_..."), a key behind "whsec_" that is not base64 or
/// shorter than 16 bytes; also a control character, and less than 8 or more than 512 bytes. The message,
/// which goes on from "the secret in FILE", holds nothing of it.
Result<std::string> tidy_secret(std::string text);

/// What is doubtful about a secret that tidy_secret() takes, which goes on from "the secret in FILE": it is
/// short, or looks like base64 that a receiver would decode. Nothing where there is nothing to say.
std::optional<std::string> weakness(std::string_view secret);

inline constexpr std::size_t secret_least = 8;    ///< bytes
inline constexpr std::size_t secret_most = 512;   ///< bytes
inline constexpr std::size_t secret_strong = 16;  ///< bytes of a key; with fewer it can be guessed

}  // namespace dispatch::delivery
