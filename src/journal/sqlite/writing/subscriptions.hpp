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

/// The subscriptions, and their trail in the table actions. Remembers the set that was read last:
/// look_again() when another connection has committed, forget() when a turn is abandoned.
class Subscriptions {
 public:
  Subscriptions(SQLite::Database& database, TurnAccount& turn, Destinations& destinations);

  // As the functions of Journal by the same names.
  SubscriptionNo put(const Subscription& subscription, WallTime now);
  std::int64_t remove(SubscriptionNo no, WallTime now);
  void pause(SubscriptionNo no, std::string_view reason, WallTime now);
  void resume(SubscriptionNo no, WallTime now);

  /// The set with its version; never null. Throws what SQLite throws.
  const std::shared_ptr<const SubscriptionSet>& all();
  /// Null where there is none, or none any more.
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
