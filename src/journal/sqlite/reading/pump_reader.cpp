#include "journal/sqlite/reading/pump_reader.hpp"

#include "journal/sqlite/reading/delivery_columns.hpp"

#include <fmt/format.h>

namespace dispatch::journal {

namespace {

Outlet read_outlet(const Statement::Rows& rows) {
  return {.no = OutletNo{rows.integer(0)},
          .host = std::string{rows.bytes(1)},
          .subscription = SubscriptionNo{rows.integer(3)},
          .destination = DestinationNo{rows.integer(4)},  // NULL reads as 0
          .low = Position{rows.integer(2)}};
}

}  // namespace

PumpReader::PumpReader(SQLite::Database& database)
    : outlets_(database,
               "SELECT outlet_no, host, low_position, subscription_no, present_destination_no FROM outlets"
               " WHERE outlet_no > ? ORDER BY outlet_no"),
      destinations_(database, "SELECT 1 FROM destinations WHERE outlet_no = ? LIMIT 2"),
      scan_(database, fmt::format("SELECT {} FROM deliveries WHERE outlet_no = ? AND position > ?"
                                  " ORDER BY position, generation",
                                  delivery_columns)),
      due_(database,
           fmt::format(
               "SELECT {} FROM deliveries INDEXED BY deliveries_open"
               " WHERE state = 2 AND outlet_no = ?1 AND (state_at, position, generation) > (?2, ?3, ?4)"
               "   AND state_at <= ?5 AND (state_at < ?5 OR (position, generation) <= (?6, ?7))"
               " ORDER BY state_at, position, generation",
               delivery_columns)),
      next_due_(database,
                "SELECT state_at FROM deliveries INDEXED BY deliveries_open"
                " WHERE state = 2 AND outlet_no = ? AND state_at IS NOT NULL"
                "   AND (state_at, position, generation) > (?, ?, ?)"
                " ORDER BY state_at, position, generation LIMIT 1"),
      wakes_(database,
             "SELECT action_no, outlet_no, position, generation, verb IN (9, 10), iif(verb IN (0, 13),"
             "  (SELECT coalesce(o.present_destination_no, d.destination_no)"
             "     FROM deliveries d JOIN outlets o USING (outlet_no)"
             "    WHERE d.outlet_no = a.outlet_no AND d.position = a.position"
             "      AND d.generation = a.generation), 0) FROM actions a"
             " WHERE action_no > ? AND outlet_no IS NOT NULL AND quiet = 0 ORDER BY action_no LIMIT ?"),
      newest_action_(database, "SELECT coalesce(max(action_no), 0) FROM actions"),
      remembered_wake_(database, "SELECT last_wake FROM progress"),
      remember_outlet_(database,
                       "UPDATE outlets SET low_position = ?1 WHERE outlet_no = ?2 AND low_position <> ?1"),
      remember_wake_(database, "UPDATE progress SET last_wake = ?1 WHERE last_wake <> ?1"),
      open_(database, fmt::format("SELECT {} FROM deliveries"
                                  " WHERE outlet_no = ? AND position BETWEEN ? AND ? AND state NOT IN (4, 5)"
                                  " ORDER BY position, generation",
                                  delivery_columns)),
      tally_(database, "SELECT state, deliveries FROM tally") {}

std::vector<Outlet> PumpReader::outlets(OutletNo after) {
  std::vector<Outlet> outlets;
  auto rows = outlets_.rows(after);
  while (rows.next()) outlets.push_back(read_outlet(rows));
  return outlets;
}

std::optional<Outlet> PumpReader::outlet(OutletNo no) {
  auto rows = outlets_.rows(OutletNo{no.value() - 1});
  if (!rows.next() || rows.integer(0) != no.value()) return std::nullopt;
  return read_outlet(rows);
}

bool PumpReader::has_several_destinations(OutletNo outlet) {
  auto rows = destinations_.rows(outlet);
  return rows.next() && rows.next();
}

std::vector<DeliveryRow> PumpReader::scan(OutletNo outlet, Position after, std::size_t limit) {
  auto rows = scan_.rows(outlet, after);
  auto deliveries = read_deliveries(rows, limit);
  if (deliveries.size() < limit || limit == 0) return deliveries;
  // The next call begins above this position, so all that stands at it is returned now.
  const Position last = deliveries.back().key.position;
  while (rows.next() && rows.integer(1) == last.value()) deliveries.push_back(read_delivery(rows));
  return deliveries;
}

std::vector<DeliveryRow> PumpReader::due(OutletNo outlet, const DuePlace& after, const DuePlace& until,
                                         std::size_t limit) {
  auto rows = due_.rows(outlet, after.at, after.position, after.generation, until.at, until.position,
                        until.generation);
  return read_deliveries(rows, limit);
}

std::optional<WallTime> PumpReader::next_due(OutletNo outlet, const DuePlace& after) {
  auto rows = next_due_.rows(outlet, after.at, after.position, after.generation);
  if (!rows.next()) return std::nullopt;
  return from_stored(rows.integer(0));
}

std::vector<Wake> PumpReader::wakes(std::int64_t after, std::size_t limit) {
  std::vector<Wake> wakes;
  auto rows = wakes_.rows(after, limit);
  while (rows.next()) {
    wakes.push_back({.action = rows.integer(0),
                     .key = {.outlet = OutletNo{rows.integer(1)},
                             .position = Position{rows.integer(2)},
                             .generation = rows.integer(3)},
                     .from_here = rows.integer(4) != 0,
                     .ask = DestinationNo{rows.integer(5)}});
  }
  return wakes;
}

std::int64_t PumpReader::newest_action() {
  auto rows = newest_action_.rows();
  return rows.next() ? rows.integer(0) : 0;
}

std::int64_t PumpReader::remembered_wake() {
  auto rows = remembered_wake_.rows();
  return rows.next() ? rows.integer(0) : 0;
}

void PumpReader::remember(std::span<const Outlet> outlets, std::int64_t last_wake) {
  for (const Outlet& outlet : outlets) remember_outlet_.run(outlet.low, outlet.no);
  remember_wake_.run(last_wake);
}

std::vector<DeliveryRow> PumpReader::first_open(Position from, Position to) {
  const auto all = outlets(OutletNo{0});
  bool found = false;
  for (const Outlet& outlet : all) {
    auto rows = open_.rows(outlet.no, from, to);
    if (!rows.next()) continue;
    found = true;
    to = Position{rows.integer(1)};
  }
  std::vector<DeliveryRow> first;
  if (!found) return first;
  for (const Outlet& outlet : all) {
    auto rows = open_.rows(outlet.no, to, to);
    while (rows.next()) first.push_back(read_delivery(rows));
  }
  return first;
}

Tally PumpReader::tally() {
  Tally tally;
  auto rows = tally_.rows();
  while (rows.next()) tally.deliveries.at(static_cast<std::size_t>(rows.integer(0))) = rows.integer(1);
  return tally;
}

}  // namespace dispatch::journal
