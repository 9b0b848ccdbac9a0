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

/// Adds to `changed_in_all` how many were changed.
Result<> in_a_turn(journal::Journal& journal, const Clock& clock,
                   std::span<const journal::DeliveryKey> deliveries, const Change& change,
                   std::int64_t& changed_in_all) {
  DISPATCH_ASSIGN(auto transaction, journal.begin());
  DISPATCH_ASSIGN(const auto changed, change(*transaction, deliveries, clock.wall()));
  changed_in_all += changed;
  return commit(*transaction, journal, changed_in_all);
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
  std::int64_t changed = 0;
  for (std::optional<journal::SelectionPlace> place{std::in_place}; place;) {
    DISPATCH_ASSIGN(auto page, journal.select(selection, *place, options.at_a_time));
    std::vector<journal::DeliveryKey> keys;
    for (const auto& delivery : page.deliveries) {
      if (contains(operation.changes, delivery.row.state)) {
        if (operation.wanted && !operation.wanted(delivery)) continue;
        keys.push_back(delivery.row.key);
        count.add(delivery);
      } else {
        count.count_skipped(delivery);
      }
    }
    if (!keys.empty() && !options.dry_run) {
      const std::int64_t changed_before = changed;
      DISPATCH_TRY(in_a_turn(journal, clock, keys, operation.change, changed));
      count.subtract_unchanged(static_cast<std::int64_t>(keys.size()) - (changed - changed_before));
    }
    place = page.next;
  }
  return count.take();
}

}  // namespace dispatch::operations
