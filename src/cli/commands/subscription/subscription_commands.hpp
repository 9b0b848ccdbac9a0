#pragma once

#include "base/error.hpp"
#include "cli/exit_code.hpp"
#include "event/subscription_set.hpp"
#include "operations/subscriptions/subscription_file.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The subcommands `dispatch subscription VERB`, one file for each kind of verb.

namespace dispatch::cli {

struct Program;

/// `add`.
struct SubscriptionAddition {
  operations::Declared declared;
  /// Copies a field of a definition into another.
  using Copy = std::function<void(const Subscription& from, Subscription& to)>;
  std::vector<Copy>
      given;  ///< one for each field that was given; a replaced subscription keeps its other fields
  std::vector<std::string> headers;  ///< "Name: value"
  bool replace = false;              ///< true: replace a subscription with this id
  std::optional<std::int64_t> from;  ///< position of the first existing event to deliver
  bool json = false;
};
Result<ExitCode> add_subscription(const Program& program, const SubscriptionAddition& asked);

/// `list`, `show`.
Result<ExitCode> list_subscriptions(const Program& program, bool json);
Result<ExitCode> show_subscription(const Program& program, const std::string& id, bool json);

/// `remove`, `pause`, `resume`.
Result<ExitCode> remove_subscription(const Program& program, const std::string& id, bool discard, bool json);
Result<ExitCode> pause_subscription(const Program& program, const std::string& id, const std::string& reason,
                                    bool json);
Result<ExitCode> resume_subscription(const Program& program, const std::string& id, bool json);

/// `rotate-secret`.
struct SecretRotation {
  std::string id;
  operations::SecretSource secret;  ///< not given: generate one
  std::chrono::microseconds keep = operations::secret_kept;
  bool json = false;
};
Result<ExitCode> rotate_secret(const Program& program, const SecretRotation& asked);

/// `apply`.
struct SubscriptionsToApply {
  std::string file;
  bool prune = false;    ///< true: remove subscriptions that are not in the file
  bool discard = false;  ///< true: remove them even if they have open deliveries
  bool dry_run = false;
  bool json = false;
};
Result<ExitCode> apply_subscriptions(const Program& program, const SubscriptionsToApply& asked);

/// The error for an unknown subscription id, with a command to type next.
Error no_subscription(const Program& program, const SubscriptionSet& all, std::string_view id);

}  // namespace dispatch::cli
