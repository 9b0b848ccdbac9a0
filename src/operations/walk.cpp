#include "operations/walk.hpp"

#include "base/fail_point.hpp"

#include <algorithm>
#include <utility>

#include <fmt/ranges.h>

namespace dispatch::operations {

namespace {

bool contains(const std::vector<DeliveryState>& states, DeliveryState state) {
  return std::find(states.begin(), states.end(), state) != states.end();
}

Result<std::int64_t> in_a_turn(journal::Journal& journal, const Clock& clock,
                               std::span<const journal::DeliveryKey> deliveries, const Change& change) {
  auto turn = journal::Turn::begin(journal);
  if (!turn) return tl::unexpected(std::move(turn).error());
  auto changed = change(deliveries, clock.wall());
  if (!changed) return changed;
  fail_point(FailPoint::operator_staged);
  DISPATCH_TRY(turn->commit());
  fail_point(FailPoint::operator_committed);
  return changed;
}

}  // namespace

Result<> check_names(journal::Journal& journal, const journal::DeliveryFilter& meant) {
  const auto unknown = journal.unknown_names(meant);
  if (!unknown) return tl::unexpected(unknown.error());
  if (unknown->empty()) return {};
  return misuse("the journal knows no {}; nothing was changed", fmt::join(*unknown, ", no "));
}

Result<Affected> carry_out(const Operation& operation, journal::Journal& journal, const Clock& clock,
                           const journal::DeliveryFilter& meant, const Manner& manner) {
  DISPATCH_TRY(check_names(journal, meant));
  const auto subscriptions = journal.subscriptions();
  if (!subscriptions) return tl::unexpected(subscriptions.error());
  AffectedCount count{*subscriptions};
  journal::Selection selection{
      .filter = meant, .states = operation.changes, .newest_first = operation.newest_first};
  selection.states.insert(selection.states.end(), operation.counts.begin(), operation.counts.end());
  for (std::optional<journal::SelectionPlace> place{std::in_place}; place;) {
    auto page = journal.select(selection, *place, manner.at_a_time);
    if (!page) return tl::unexpected(std::move(page).error());
    std::vector<journal::DeliveryKey> keys;
    for (const auto& delivery : page->deliveries) {
      if (contains(operation.changes, delivery.row.state)) {
        if (operation.wanted && !operation.wanted(delivery)) continue;
        keys.push_back(delivery.row.key);
        count.add(delivery);
      } else {
        count.leave(delivery);
      }
    }
    if (!keys.empty() && !manner.dry_run) {
      const auto changed = in_a_turn(journal, clock, keys, operation.change);
      if (!changed) return tl::unexpected(changed.error());
      count.lost(static_cast<std::int64_t>(keys.size()) - *changed);
    }
    place = page->next;
  }
  return count.take();
}

}  // namespace dispatch::operations
