#pragma once

#include "base/error.hpp"
#include "cli/exit_code.hpp"
#include "event/subscription.hpp"
#include "operations/subscriptions/subscription_file.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What `dispatch subscription VERB` does, a file for each kind of verb.

namespace dispatch::cli {

struct Program;

/// `add`.
struct SubscriptionAddition {
  operations::Declared declared;
  /// Copies a field of a definition into another.
  using Copy = std::function<void(const Subscription& from, Subscription& to)>;
  std::vector<Copy> given;  ///< for each field that was named; where it replaces one, the others stay
  std::vector<std::string> headers;  ///< "Name: value"
  bool replace = false;              ///< the id may be known
  std::optional<std::int64_t> from;  ///< the position of the first event that is delivered too
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
  operations::SecretSource secret;  ///< where none is given, one is made
  std::chrono::microseconds keep = operations::secret_kept;
  bool json = false;
};
Result<ExitCode> rotate_secret(const Program& program, const SecretRotation& asked);

/// `apply`.
struct SubscriptionsToApply {
  std::string file;
  bool prune = false;    ///< what is not in the file is removed
  bool discard = false;  ///< also where deliveries are open
  bool dry_run = false;
  bool json = false;
};
Result<ExitCode> apply_subscriptions(const Program& program, const SubscriptionsToApply& asked);

/// What to say where `all` has no subscription of that id, with what to type.
Error no_subscription(const Program& program, const std::vector<Subscription>& all, std::string_view id);

}  // namespace dispatch::cli
