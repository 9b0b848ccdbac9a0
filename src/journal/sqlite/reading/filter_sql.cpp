#include "journal/sqlite/reading/filter_sql.hpp"

#include "base/text/json.hpp"

#include <fmt/format.h>

namespace dispatch::journal {

namespace {

constexpr std::string_view of_event =
    "d.position IN (SELECT position FROM events WHERE event_id IN (SELECT value FROM json_each(?1)))";
constexpr std::string_view of_entity =
    "d.entity_no IN (SELECT entity_no FROM entities WHERE entity_id IN (SELECT value FROM json_each(?2)))";
constexpr std::string_view of_host = "o.host IN (SELECT value FROM json_each(?3))";
constexpr std::string_view of_url =
    "iif(d.subscription_no > 0 AND d.state IN (0, 2, 3), o.present_destination_no, d.destination_no) IN"
    " (SELECT destination_no FROM destinations WHERE url IN"
    " (SELECT value FROM json_each(?4)))";
constexpr std::string_view of_subscription =
    "o.subscription_no IN (SELECT subscription_no FROM subscriptions WHERE subscription_id IN"
    " (SELECT value FROM json_each(?5)))";

// As routing::Pattern::matches.
constexpr std::string_view of_type =
    "EXISTS (SELECT 1 FROM json_each(?6) p WHERE p.value IN ('*', e.type)"
    " OR (substr(p.value, -2) = '.*' AND length(e.type) >= length(p.value)"
    " AND substr(e.type, 1, length(p.value) - 1) = substr(p.value, 1, length(p.value) - 1)))";

constexpr std::string_view of_input =
    "(SELECT input_no FROM event_inputs WHERE first_position <= d.position ORDER BY first_position DESC "
    "LIMIT 1)"
    " IN (SELECT input_no FROM inputs WHERE name IN (SELECT value FROM json_each(?7)))";

std::optional<std::string> list_or_none(const std::vector<std::string>& names) {
  if (names.empty()) return std::nullopt;
  return json_list(names);
}

/// A parameter that stands for nothing must stand somewhere: SQLite refuses a value that nothing asks for.
std::string condition(bool given, std::string_view sql, int parameter) {
  return given ? fmt::format(" AND {}", sql) : fmt::format(" AND ?{} IS NULL", parameter);
}

std::string status_condition(const std::vector<StatusRange>& statuses) {
  if (statuses.empty()) return {};
  std::string any;
  for (const auto& [first, last] : statuses)
    any += fmt::format("{}coalesce(d.status, 0) BETWEEN {} AND {}", any.empty() ? "" : " OR ", first, last);
  return fmt::format(" AND ({})", any);
}

}  // namespace

std::string json_list(const std::vector<std::string>& names) {
  std::string json = "[";
  for (const auto& name : names) {
    if (json.size() > 1) json += ',';
    append_json_string(json, name);
  }
  return json += ']';
}

FilterSql::FilterSql(const DeliveryFilter& filter)
    : lists_{list_or_none(filter.events), list_or_none(filter.entities),      list_or_none(filter.hosts),
             list_or_none(filter.urls),   list_or_none(filter.subscriptions), list_or_none(filter.types),
             list_or_none(filter.inputs)},
      accepted_since_(filter.accepted_since),
      accepted_until_(filter.accepted_until),
      dead_since_(filter.dead_since) {
  const std::string of_queue = condition(lists_[hosts].has_value(), of_host, 3) +
                               condition(lists_[subscriptions].has_value(), of_subscription, 5);
  conditions_ = condition(lists_[events].has_value(), of_event, 1) +
                condition(lists_[entities].has_value(), of_entity, 2) +
                condition(lists_[urls].has_value(), of_url, 4) + of_queue +
                condition(lists_[types].has_value(), of_type, 6) +
                condition(lists_[inputs].has_value(), of_input, 7) +
                condition(accepted_since_.has_value(), "e.accepted_at >= ?8", 8) +
                condition(accepted_until_.has_value(), "e.accepted_at < ?9", 9) +
                condition(dead_since_.has_value(), "d.state = 3 AND d.state_at >= ?10", 10) +
                status_condition(filter.statuses);
  queue_conditions_ = of_queue + " AND coalesce(?1, ?2, ?4, ?6, ?7, ?8, ?9, ?10, 1) IS NOT NULL";
}

}  // namespace dispatch::journal
