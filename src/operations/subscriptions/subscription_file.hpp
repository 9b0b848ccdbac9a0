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

/// How long an older secret goes on being signed with after a newer one came.
inline constexpr std::chrono::hours secret_kept{24};

/// A subscription as somebody wants it to be. `subscription` has no number, no secrets and no pause.
struct Declared {
  Subscription subscription;
  SecretSource secret = {};  ///< where none is given, whatever secrets there are stay
  std::chrono::microseconds secret_keep = secret_kept;
};

/// Reads dispatch-subscriptions(5). Each subscription is settled (see settle_definition()); an id that stands
/// there twice, an unknown key and everything that cannot be meant is misuse that names the file and the
/// subscription. Secrets are named, not read; a relative secret_file lies beside the file itself. `schemes`
/// are those of the URLs that events can be delivered to.
Result<std::vector<Declared>> read_subscriptions(const std::filesystem::path& file, UrlSchemes schemes);

/// The same of the file's text; `folder` is where relative paths begin.
Result<std::vector<Declared>> parse_subscriptions(std::string_view text, const std::filesystem::path& folder,
                                                  UrlSchemes schemes);

}  // namespace dispatch::operations
