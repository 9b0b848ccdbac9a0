#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/subscription.hpp"
#include "operations/subscriptions/subscription_file.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::operations {

/// What becomes of one subscription where a declared set is applied.
struct SubscriptionChange {
  enum class Kind { added, changed, unchanged, removed };
  struct Field {
    std::string_view name;
    std::string from, to;  ///< as definition_fields() tells them; of secrets only that they change
  };
  Kind kind = Kind::unchanged;
  Subscription wanted;        ///< as it is to be, secrets included; of a removed one as it is
  std::vector<Field> fields;  ///< of a changed one, those that differ
};

std::string_view to_string(SubscriptionChange::Kind kind);

/// What becomes of `before`, which is null where there is none of that id.
SubscriptionChange change_to(const Subscription* before, Subscription wanted);

/// What must be done for the journal's subscriptions to be as declared, in the order declared, then, where
/// `prune`, what is not declared. A secret that is another one than the newest becomes the newest, and those
/// before it go on until `secret_keep` has passed. Applied twice, the second time all is unchanged.
Result<std::vector<SubscriptionChange>> changes_to(const std::vector<Subscription>& journal,
                                                   const std::vector<Declared>& declared, bool prune,
                                                   WallTime now);

/// `secrets` with `text` as the newest: the others end at the latest after `keep`, and those that have ended
/// are left out. Nothing changes where it is the newest already.
std::vector<SigningSecret> with_newest(std::vector<SigningSecret> secrets, std::string text, WallTime now,
                                       std::chrono::microseconds keep);

bool any_change(const std::vector<SubscriptionChange>& changes);

}  // namespace dispatch::operations
