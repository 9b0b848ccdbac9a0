#pragma once

#include "event/subscription_set.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/destinations/destinations.hpp"
#include "journal/sqlite/reading/subscription_rows.hpp"
#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/turn_account.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace dispatch::journal {

/// The subscriptions, and their records in the table actions. Caches the set that it read last: call
/// look_again() when another connection has committed, and forget() when a turn was abandoned. Its functions
/// throw the exceptions of SQLite.
class Subscriptions {
 public:
  Subscriptions(SQLite::Database& database, TurnAccount& turn, Destinations& destinations);

  // These implement the functions of Transaction for subscriptions.
  SubscriptionNo put(const Subscription& subscription, WallTime now);
  std::int64_t remove(SubscriptionNo no, WallTime now);
  void pause(SubscriptionNo no, std::string_view reason, WallTime now);
  void resume(SubscriptionNo no, WallTime now);

  /// All subscriptions that are not removed; never null. Reads them only if they may have changed.
  const std::shared_ptr<const SubscriptionSet>& all();
  /// Null if there is no such subscription or it was removed.
  std::shared_ptr<const Subscription> find(SubscriptionNo no) { return all()->find(no); }

  void look_again() { stale_ = true; }
  void forget();

 private:
  void write_secrets(SubscriptionNo no, const std::vector<SigningSecret>& secrets);
  void changed(std::int64_t verb, SubscriptionNo no, WallTime now,
               std::optional<std::string_view> note = std::nullopt);
  std::int64_t give_up(SubscriptionNo no, DeliveryState from, Transition by);

  TurnAccount& turn_;
  Destinations& destinations_;
  std::shared_ptr<const SubscriptionSet> all_;  // null: none read yet
  bool stale_ = true;
  SubscriptionRows rows_;
  Statement version_, add_, change_, remove_, pause_, resume_, add_secret_, remove_secrets_, give_up_,
      close_circuits_, forget_paces_, forget_throttles_, count_change_, add_action_;
};

}  // namespace dispatch::journal
