#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <string_view>
#include <vector>

namespace dispatch::journal {

/// Reads the subscriptions that are not removed. Throws SQLite's exceptions.
class SubscriptionRows {
 public:
  explicit SubscriptionRows(const SQLite::Database& database);

  /// Ordered by number, with their secrets.
  std::vector<Subscription> read();

 private:
  std::vector<std::string> patterns(std::string_view event_types);
  std::vector<SigningSecret> secrets(SubscriptionNo no);

  Statement all_, secrets_, patterns_;
};

}  // namespace dispatch::journal
