#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/subscription_set.hpp"
#include "operations/subscriptions/subscription_file.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::operations {

/// What applying a declared set does to one subscription.
struct SubscriptionChange {
  enum class Kind { added, changed, unchanged, removed };
  struct Field {
    std::string_view name;
    std::string from, to;  ///< as in definition_fields(); for secrets only whether they change
  };
  Kind kind = Kind::unchanged;
  Subscription wanted;        ///< the new definition with secrets; if removed, the old one
  std::vector<Field> fields;  ///< if changed: the fields that differ
};

std::string_view to_string(SubscriptionChange::Kind kind);

/// The change from `before` (null: a new subscription) to `wanted`.
SubscriptionChange change_to(const Subscription* before, Subscription wanted);

/// The changes that turn the journal's subscriptions into the declared ones: in the order declared, and then,
/// if `prune`, removals. A declared secret that is not the newest becomes the newest; older ones stay valid
/// until `secret_kept` has passed. Applying the same set again changes nothing.
Result<std::vector<SubscriptionChange>> changes_to(const SubscriptionSet& journal,
                                                   const std::vector<Declared>& declared, bool prune,
                                                   WallTime now);

/// Returns `secrets` with `text` as the newest: the others expire after `keep` at the latest, and expired
/// ones are dropped. Changes nothing if `text` is already the newest.
std::vector<SigningSecret> with_newest(std::vector<SigningSecret> secrets, std::string text, WallTime now,
                                       std::chrono::microseconds keep);

bool any_change(const std::vector<SubscriptionChange>& changes);

}  // namespace dispatch::operations
