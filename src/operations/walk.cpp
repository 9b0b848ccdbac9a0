#include "operations/walk.hpp"

#include "operations/commit.hpp"

#include <algorithm>
#include <utility>

#include <fmt/ranges.h>

namespace dispatch::operations {

namespace {

bool contains(const std::vector<DeliveryState>& states, DeliveryState state) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

/// Reads the states of the deliveries anew: a run may have changed them since they were selected.
Result<> update_states(journal::Journal& journal, std::vector<journal::SelectedDelivery>& deliveries) {
  std::vector<journal::QueueScan> scans;
  for (const auto& [row, url, host] : deliveries)
    scans.push_back({.queue = row.key.queue, .after = Position{row.key.position.value() - 1}, .limit = 1});
  DISPATCH_ASSIGN(const auto found, journal.scan_queues(scans));
  for (std::size_t i = 0; i < deliveries.size(); ++i)
    for (const auto& row : found[i])
      if (row.key == deliveries[i].row.key) deliveries[i].row.state = row.state;
  return {};
}

/// Changes the chosen deliveries in one transaction and counts them.
Result<> in_a_turn(const Operation& operation, journal::Journal& journal, const Clock& clock,
                   std::vector<journal::SelectedDelivery> chosen, AffectedCount& count) {
  DISPATCH_ASSIGN(auto transaction, journal.begin());
  DISPATCH_TRY(update_states(journal, chosen));
  std::vector<journal::DeliveryKey> keys;
  for (const auto& delivery : chosen) {
    if (contains(operation.changes, delivery.row.state)) {
      keys.push_back(delivery.row.key);
      count.add(delivery);
    } else if (contains(operation.counts, delivery.row.state)) {
      count.count_skipped(delivery);
    }
  }
  if (keys.empty()) return {};
  DISPATCH_TRY(operation.change(*transaction, keys, clock.wall()));
  return commit(*transaction, journal, count.deliveries());
}

}  // namespace

Result<> check_names(journal::Journal& journal, const journal::DeliveryFilter& meant) {
  DISPATCH_ASSIGN(const auto unknown, journal.unknown_names(meant));
  if (unknown.empty()) return {};
  return misuse("the journal knows no {}; nothing was changed", fmt::join(unknown, ", no "));
}

Result<Affected> carry_out(const Operation& operation, journal::Journal& journal, const Clock& clock,
                           const journal::DeliveryFilter& meant, const OperationOptions& options) {
  DISPATCH_TRY(check_names(journal, meant));
  DISPATCH_ASSIGN(const auto subscriptions, journal.subscriptions());
  AffectedCount count{*subscriptions};
  journal::Selection selection{
      .filter = meant, .states = operation.changes, .newest_first = operation.newest_first};
  selection.states.insert(selection.states.end(), operation.counts.begin(), operation.counts.end());
  for (std::optional<journal::SelectionPlace> place{std::in_place}; place;) {
    DISPATCH_ASSIGN(auto page, journal.select(selection, *place, options.at_a_time));
    std::vector<journal::SelectedDelivery> chosen;
    for (auto& delivery : page.deliveries) {
      if (!contains(operation.changes, delivery.row.state))
        count.count_skipped(delivery);
      else if (operation.wanted && !operation.wanted(delivery))
        continue;
      else if (options.dry_run)
        count.add(delivery);
      else
        chosen.push_back(std::move(delivery));
    }
    if (!chosen.empty()) DISPATCH_TRY(in_a_turn(operation, journal, clock, std::move(chosen), count));
    place = page.next;
  }
  return count.take();
}

}  // namespace dispatch::operations
