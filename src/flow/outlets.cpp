#include "flow/outlets.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {

Result<> Outlets::load() {
  const OutletNo known = outlets_.empty() ? OutletNo{} : outlets_.rbegin()->first;
  auto rows = journal_.outlets(known);
  if (!rows) return tl::unexpected(std::move(rows).error());
  for (auto& row : *rows) {
    const OutletNo no = row.no;
    auto& outlet = *outlets_.emplace(no, std::make_unique<OutletState>()).first->second;
    outlet.cursor = outlet.stored_low = row.low;
    outlet.outlet = std::move(row);
    outlet.host = &host_named(outlet.outlet.host);
    outlet.terms = agreements_.of(outlet.outlet.subscription);
    keep_rate(outlet);
    if (!outlet.terms->shut) DISPATCH_TRY(open(outlet));
  }
  return {};
}

HostState& Outlets::host_named(const std::string& name) {
  const auto [host, is_new] = hosts_.try_emplace(name);
  if (is_new)
    host->second = {.number = static_cast<std::uint32_t>(hosts_.size() - 1),
                    .width = limits_.per_host + limits_.ahead};
  return host->second;
}

/// What is ahead waits at the transport, where no rate sees when it leaves.
void Outlets::keep_rate(const OutletState& outlet) {
  HostState& host = *outlet.host;
  if (!outlet.terms->rate || host.width == limits_.per_host) return;
  host.width = limits_.per_host;
  if (host.gate != nullptr) graph_.narrow(*host.gate, limits_.ahead);
}

Outlets::Turned Outlets::change_terms(OutletState& outlet) {
  const auto before = std::exchange(outlet.terms, agreements_.of(outlet.outlet.subscription));
  keep_rate(outlet);
  return {.shut = outlet.terms->shut && !before->shut,
          .opened = !outlet.terms->shut && before->shut,
          .moved = outlet.terms->url != before->url && !outlet.terms->removed};
}

Result<> Outlets::move(OutletState& outlet) {
  auto row = journal_.outlet(outlet.outlet.no);
  if (!row) return tl::unexpected(std::move(row).error());
  outlet.outlet.destination = row->destination;
  outlet.outlet.host = std::move(row->host);
  outlet.host = &host_named(outlet.outlet.host);
  keep_rate(outlet);
  return {};
}

void Outlets::shut(OutletState& outlet) {
  set_due(outlet, std::nullopt);
  if (std::exchange(outlet.listed, false)) std::erase(listed_, &outlet);
  outlet.more = true;
}

Result<> Outlets::open(OutletState& outlet) {
  outlet.more = true;
  list(outlet);
  const auto due = journal_.next_due(outlet.outlet.no, WallTime::min());
  if (!due) return tl::unexpected(due.error());
  looked_until(outlet, WallTime::min(), *due);
  return {};
}

void Outlets::list(OutletState& outlet) {
  if (outlet.listed || !outlet.more || outlet.terms->shut || outlet.lanes >= limits_.lanes_per_outlet) return;
  outlet.listed = true;
  listed_.push_back(&outlet);
}

void Outlets::read_again(OutletState& outlet, std::optional<Position> position) {
  if (position && *position < outlet.cursor) {
    outlet.cursor = *position;
    keep_in_reach(outlet, *position);
  }
  outlet.more = true;
  list(outlet);
}

std::vector<OutletState*> Outlets::take_listed() {
  for (OutletState* outlet : listed_) outlet->listed = false;
  return std::exchange(listed_, {});
}

void Outlets::set_due(OutletState& outlet, std::optional<WallTime> due) {
  if (outlet.due) due_.erase({*outlet.due, outlet.outlet.no});
  outlet.due = outlet.terms->shut ? std::nullopt : due;
  if (outlet.due) due_.emplace(*outlet.due, outlet.outlet.no);
}

void Outlets::due_by(OutletState& outlet, WallTime due) {
  outlet.due_seen = std::min(outlet.due_seen, due - std::chrono::microseconds{1});
  if (!outlet.due || due < *outlet.due) set_due(outlet, due);
}

void Outlets::look_from(OutletState& outlet, WallTime due) {
  outlet.due_seen = due - std::chrono::microseconds{1};
  set_due(outlet, due);
}

void Outlets::looked_until(OutletState& outlet, WallTime until, std::optional<WallTime> next) {
  outlet.due_seen = until;
  set_due(outlet, next);
}

Result<> Outlets::reread_due(OutletState& outlet) {
  const auto due = journal_.next_due(outlet.outlet.no, outlet.due_seen);
  if (!due) return tl::unexpected(due.error());
  set_due(outlet, *due);
  return {};
}

Result<> Outlets::clock_set() {
  for (auto& [no, outlet] : outlets_) {
    const auto next = journal_.next_due(no, WallTime::min());
    if (!next) return tl::unexpected(next.error());
    looked_until(*outlet, WallTime::min(), *next);
  }
  return {};
}

void Outlets::keep_in_reach(OutletState& outlet, Position mark) {
  if (mark >= outlet.outlet.low) return;
  outlet.outlet.low = mark;
  sunken_.push_back(&outlet);
}

}  // namespace dispatch::flow
