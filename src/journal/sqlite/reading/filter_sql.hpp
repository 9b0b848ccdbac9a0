#pragma once

#include "journal/selection.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::journal {

/// A DeliveryFilter as SQL: conditions on `deliveries d` joined with `events e`, and the values of their
/// parameters, which are the first ten of the statement (?1 to ?10). The statement's own parameters follow.
class FilterSql {
 public:
  explicit FilterSql(const DeliveryFilter& filter);

  static constexpr int parameters = 10;

  /// " AND ... AND ...", containing every parameter.
  const std::string& conditions() const { return conditions_; }
  /// " AND ...": only the conditions on a delivery queue, `delivery_queues o`; contains every parameter.
  const std::string& queue_conditions() const { return queue_conditions_; }

  /// Runs `statement`, which contains one of the condition texts.
  template <class... Values>
  Statement::Rows rows(Statement& statement, const Values&... values) const {
    return statement.rows(lists_[events], lists_[entities], lists_[hosts], lists_[urls],
                          lists_[subscriptions], lists_[types], lists_[inputs], accepted_since_,
                          accepted_until_, dead_since_, values...);
  }

 private:
  enum List { events, entities, hosts, urls, subscriptions, types, inputs, list_count };

  std::optional<std::string> lists_[list_count];  // JSON arrays of strings; none: no condition
  std::optional<WallTime> accepted_since_, accepted_until_, dead_since_;
  std::string conditions_, queue_conditions_;
};

/// The names as a JSON array of strings.
std::string json_list(const std::vector<std::string>& names);

}  // namespace dispatch::journal
