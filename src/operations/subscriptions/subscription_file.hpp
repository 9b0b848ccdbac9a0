#pragma once

#include "base/error.hpp"
#include "base/text/url_text.hpp"
#include "event/subscription.hpp"
#include "operations/subscriptions/secret_source.hpp"

#include <chrono>
#include <filesystem>
#include <string_view>
#include <vector>

namespace dispatch::operations {

/// How long an older secret is still used for signing after a newer one was added.
inline constexpr std::chrono::hours secret_kept{24};

/// A subscription as a file declares it. `subscription` has no number, no secrets and no pause.
struct Declared {
  Subscription subscription;
  SecretSource secret = {};  ///< not given: keep the existing secrets
  std::chrono::microseconds secret_keep = secret_kept;
};

/// Reads a dispatch-subscriptions(5) file and validates each subscription (settle_definition()). A duplicate
/// id, an unknown key or an invalid value is misuse; the message names the file and the subscription. Secrets
/// are not read, only their sources. A relative secret_file is relative to the file's own directory.
/// `schemes` are the URL schemes that this program can deliver to.
Result<std::vector<Declared>> read_subscriptions(const std::filesystem::path& file, UrlSchemes schemes);

/// Like read_subscriptions(), for the file's text; relative paths begin at `folder`.
Result<std::vector<Declared>> parse_subscriptions(std::string_view text, const std::filesystem::path& folder,
                                                  UrlSchemes schemes);

}  // namespace dispatch::operations
