#include "journal/sqlite/reading/selector.hpp"

#include "journal/sqlite/reading/delivery_columns.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dispatch::journal {

namespace {

/// Events of disordered streams whose deliveries are looked up one by one: that takes about 50 ms.
constexpr std::int64_t looked_up_most = 50'000;

constexpr std::int64_t no_position_is_higher = std::numeric_limits<std::int64_t>::max();

// What comes behind delivery_columns.
constexpr const char* selected_columns =
    "d.queue_no, d.position, d.generation, t.destination_no, d.entity_no, d.sequence_number, d.state, "
    "d.attempts, d.forgiven, iif(d.state = 1, d.began_at, d.state_at), d.subscription_no, d.throttled_since, "
    "t.url, o.host";
constexpr int after_delivery_columns = 12;

constexpr const char* joined =
    " CROSS JOIN events e ON e.position = d.position"
    " CROSS JOIN delivery_queues o ON o.queue_no = d.queue_no"
    " CROSS JOIN destinations t ON t.destination_no ="
    "   iif(d.subscription_no > 0 AND d.state IN (0, 2, 3), o.present_destination_no, d.destination_no)";

SelectedDelivery read_selected(const Statement::Rows& rows) {
  return {.row = read_delivery(rows),
          .url = std::string{rows.bytes(after_delivery_columns)},
          .host = std::string{rows.bytes(after_delivery_columns + 1)}};
}

std::string list_of(const std::vector<DeliveryState>& states) {
  std::vector<int> numbers;
  for (const DeliveryState state : states) numbers.push_back(static_cast<int>(state));
  return fmt::format("{}", fmt::join(numbers, ", "));
}

/// Where a walk over positions enters a delivery queue.
std::pair<Position, std::int64_t> start_of_queue(bool newest_first) {
  if (newest_first) return {Position{no_position_is_higher}, no_position_is_higher};
  return {Position{-1}, -1};
}

/// At or below every open delivery of the streams that did not arrive in their order.
Position lowest_of_disordered(SQLite::Database& database) {
  Statement count{database,
                  "SELECT count(*) FROM (SELECT 1 FROM entities n INDEXED BY entities_disordered"
                  "  CROSS JOIN events e INDEXED BY events_by_stream ON e.entity_no = n.entity_no"
                  " WHERE n.disordered <> 0 LIMIT ?)"};
  bool few = false;
  if (auto rows = count.rows(looked_up_most + 1); rows.next()) few = rows.integer(0) <= looked_up_most;
  // Of few events each is looked up. Of many the first is taken: to read on from it costs less.
  Statement lowest{database,
                   few ? "SELECT min(d.position) FROM entities n INDEXED BY entities_disordered"
                         "  CROSS JOIN events e INDEXED BY events_by_stream ON e.entity_no = n.entity_no"
                         "  CROSS JOIN deliveries d INDEXED BY deliveries_by_position"
                         "    ON d.position = e.position"
                         " WHERE n.disordered <> 0 AND d.state NOT IN (4, 5)"
                       : "SELECT min(e.position) FROM entities n INDEXED BY entities_disordered"
                         "  CROSS JOIN events e INDEXED BY events_by_stream ON e.entity_no = n.entity_no"
                         " WHERE n.disordered <> 0"};
  auto rows = lowest.rows();
  return Position{rows.next() && !rows.is_null(0) ? rows.integer(0) : no_position_is_higher};
}

}  // namespace

Position lowest_open_below_watermark(SQLite::Database& database) {
  Statement waiting{database, R"(
    SELECT coalesce(min(position), 9223372036854775807) FROM (
      SELECT min(position) AS position FROM deliveries INDEXED BY deliveries_open WHERE state_at IS NOT NULL
      UNION ALL
      SELECT min(position) FROM turn_log_entries
      UNION ALL
      SELECT min(position) FROM actions WHERE action_no > (SELECT last_wakeup FROM progress)))"};
  auto rows = waiting.rows();
  const Position lowest{rows.next() ? rows.integer(0) : no_position_is_higher};
  return std::min(lowest, lowest_of_disordered(database));
}

std::vector<QueueNo> Selector::queues_from(const FilterSql& filter, QueueNo first) {
  Statement statement{
      database_,
      fmt::format("SELECT o.queue_no FROM delivery_queues o WHERE o.queue_no >= ?{}{} ORDER BY o.queue_no",
                  FilterSql::parameters + 1, filter.queue_conditions())};
  std::vector<QueueNo> queues;
  auto rows = filter.rows(statement, first);
  while (rows.next()) queues.emplace_back(rows.integer(0));
  return queues;
}

SelectedPage Selector::select(const Selection& selection, const SelectionPlace& from, std::size_t limit) {
  const auto& states = selection.states;
  // Those that wait for a time or an operator have an index; what is pending or in flight is found where it
  // is queued.
  const bool indexed = std::all_of(states.begin(), states.end(), [](DeliveryState state) {
    return state == DeliveryState::retry_wait || state == DeliveryState::dead_letter;
  });
  return indexed && !selection.newest_first && selection.filter.events.empty()
             ? by_state(selection, from, limit)
             : by_position(selection, from, limit);
}

SelectedPage Selector::by_position(const Selection& selection, const SelectionPlace& from,
                                   std::size_t limit) {
  const FilterSql filter{selection.filter};
  SelectedPage page;
  SelectionPlace place = from;
  const bool few_positions = !selection.filter.events.empty();
  if (!place.lowest) place.lowest = few_positions ? Position{} : lowest_open_below_watermark(database_);

  const bool unwritten_too = std::find(selection.states.begin(), selection.states.end(),
                                       DeliveryState::in_flight) != selection.states.end();
  // With few positions they are looked up one by one; what the plus signs hide would be walked along.
  const auto sql = fmt::format(
      "SELECT {0} FROM {12} d{1}"
      " WHERE d.queue_no = ?{2} AND ({3}d.position, {3}d.generation) {4} (?{5}, ?{6})"
      "   AND {3}d.position >= min(?{7}, (SELECT low_watermark + 1 FROM delivery_queues WHERE queue_no = "
      "?{2}))"
      "   AND d.state IN ({8}){9}"
      " ORDER BY d.position {10}, d.generation {10} LIMIT ?{11}",
      selected_columns, joined, FilterSql::parameters + 1, few_positions ? "+" : "",
      selection.newest_first ? "<" : ">", FilterSql::parameters + 2, FilterSql::parameters + 3,
      FilterSql::parameters + 4, list_of(selection.states), filter.conditions(),
      selection.newest_first ? "DESC" : "ASC", FilterSql::parameters + 5,
      unwritten_too ? "all_deliveries" : "deliveries");
  Statement statement{database_, sql};
  auto [position, generation] = std::pair{from.key.position, from.key.generation};
  for (const QueueNo queue : queues_from(filter, from.key.queue)) {
    if (queue != from.key.queue) std::tie(position, generation) = start_of_queue(selection.newest_first);
    auto rows =
        filter.rows(statement, queue, position, generation, *place.lowest, limit - page.deliveries.size());
    while (rows.next()) page.deliveries.push_back(read_selected(rows));
    if (page.deliveries.size() < limit) continue;
    place.key = page.deliveries.back().row.key;
    page.next = place;
    break;
  }
  return page;
}

SelectedPage Selector::by_state(const Selection& selection, const SelectionPlace& from, std::size_t limit) {
  const FilterSql filter{selection.filter};
  SelectedPage page;
  const auto sql = fmt::format(
      "SELECT {} FROM deliveries d INDEXED BY deliveries_open{}"
      " WHERE d.state = ?{} AND d.queue_no = ?{} AND d.state_at IS NOT NULL"
      "   AND (d.state_at, d.position, d.generation) > (?{}, ?{}, ?{}){}"
      " ORDER BY d.state_at, d.position, d.generation LIMIT ?{}",
      selected_columns, joined, FilterSql::parameters + 1, FilterSql::parameters + 2,
      FilterSql::parameters + 3, FilterSql::parameters + 4, FilterSql::parameters + 5, filter.conditions(),
      FilterSql::parameters + 6);
  Statement statement{database_, sql};
  SelectionPlace place = from;
  for (const QueueNo queue : queues_from(filter, from.key.queue)) {
    if (queue != from.key.queue) place = {};
    for (; place.state < selection.states.size(); ++place.state) {
      auto rows = filter.rows(statement, static_cast<int>(selection.states[place.state]), queue, place.since,
                              place.key.position, place.key.generation, limit - page.deliveries.size());
      while (rows.next()) page.deliveries.push_back(read_selected(rows));
      if (page.deliveries.size() == limit) {
        const DeliveryRow& last = page.deliveries.back().row;
        page.next = {.key = last.key, .state = place.state, .since = last.state_at};
        return page;
      }
      place.since = WallTime::min();
    }
  }
  return page;
}

std::vector<std::string> Selector::unknown_names(const DeliveryFilter& filter) {
  struct Kind {
    const char* name;
    const std::vector<std::string>& names;
    const char* known;
  };
  const Kind kinds[] = {
      {"event", filter.events, "SELECT event_id FROM events WHERE event_id = n.value"},
      {"entity", filter.entities, "SELECT entity_id FROM entities WHERE entity_id = n.value"},
      {"host", filter.hosts, "SELECT host FROM delivery_queues WHERE host = n.value"},
      {"URL", filter.urls, "SELECT url FROM destinations WHERE url = n.value"},
      {"subscription", filter.subscriptions,
       "SELECT subscription_id FROM subscriptions WHERE subscription_id = n.value"},
      {"input file", filter.inputs, "SELECT name FROM inputs WHERE name = n.value"},
  };
  std::vector<std::string> unknown;
  for (const auto& [name, names, known] : kinds) {
    if (names.empty()) continue;
    Statement statement{database_,
                        fmt::format("SELECT value FROM json_each(?) n WHERE NOT EXISTS ({})", known)};
    auto rows = statement.rows(json_list(names));
    while (rows.next()) unknown.push_back(fmt::format("{} {}", name, rows.bytes(0)));
  }
  return unknown;
}

}  // namespace dispatch::journal
