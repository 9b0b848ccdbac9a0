#include "flow/pump/outlets.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {

namespace {

/// True where nothing is loaded, to be read or to come, and a restart reads from where it was read.
bool is_done(const OutletState& outlet) {
  return outlet.lanes == 0 && outlet.idle_lanes == 0 && outlet.under_way == 0 && !outlet.more &&
         !outlet.listed && !outlet.due && !outlet.asked && !outlet.terms->shut &&
         outlet.stored_low == outlet.cursor && outlet.outlet.low == outlet.cursor;
}

}  // namespace

Result<> Outlets::load() {
  auto rows = journal_.outlets(newest_);
  if (!rows) return tl::unexpected(std::move(rows).error());
  for (auto& row : *rows)
    if (auto taken = take_in(std::move(row)); !taken) return tl::unexpected(std::move(taken).error());
  return {};
}

Result<> Outlets::load_forgotten() {
  if (!std::exchange(forgot_, false)) return load();
  auto rows = journal_.outlets(OutletNo{});
  if (!rows) return tl::unexpected(std::move(rows).error());
  for (auto& row : *rows) {
    if (outlets_.contains(row.no)) continue;
    if (auto taken = take_in(std::move(row)); !taken) return tl::unexpected(std::move(taken).error());
  }
  return {};
}

Result<OutletState*> Outlets::reach(OutletNo no) {
  if (const auto known = outlets_.find(no); known != outlets_.end()) return known->second.get();
  DISPATCH_TRY(load());
  if (const auto known = outlets_.find(no); known != outlets_.end()) return known->second.get();
  auto row = journal_.outlet(no);
  if (!row) return tl::unexpected(std::move(row).error());
  return take_in(std::move(*row));
}

Result<OutletState*> Outlets::take_in(journal::Outlet row) {
  newest_ = std::max(newest_, row.no);
  auto& outlet = *outlets_.emplace(row.no, std::make_unique<OutletState>()).first->second;
  outlet.cursor = outlet.stored_low = row.low;
  outlet.outlet = std::move(row);
  outlet.host = &host_named(outlet.outlet.host);
  outlet.terms = agreements_.of(outlet.outlet.subscription);
  count_rate(outlet);
  if (!outlet.terms->shut) DISPATCH_TRY(open(outlet));
  return &outlet;
}

void Outlets::forget_done(std::size_t kept, const std::set<const OutletState*>& held) {
  for (auto next = outlets_.begin(); next != outlets_.end() && outlets_.size() > kept;) {
    OutletState& outlet = *next->second;
    if (!is_done(outlet) || held.contains(&outlet)) {
      ++next;
      continue;
    }
    leave_host(outlet);
    next = outlets_.erase(next);
    forgot_ = true;
  }
}

HostState& Outlets::host_named(const std::string& name) {
  const auto [host, is_new] = hosts_.try_emplace(name);
  if (is_new) host->second.number = hosts_ever_++;
  ++host->second.outlets;
  return host->second;
}

/// The last outlet of a host takes it along.
void Outlets::leave_host(OutletState& outlet) {
  count_rate_at(outlet, nullptr);
  if (--outlet.host->outlets == 0 && outlet.host->lanes == 0) hosts_.erase(outlet.outlet.host);
}

/// Whether its host has a rate to keep, by its terms.
void Outlets::count_rate(OutletState& outlet) {
  count_rate_at(outlet, outlet.terms->rate && !outlet.terms->removed ? outlet.host : nullptr);
}

void Outlets::count_rate_at(OutletState& outlet, HostState* counts) {
  HostState* const counted = std::exchange(outlet.rated, counts);
  if (counts == counted) return;
  for (HostState* const host : {counted, counts}) {
    if (host == nullptr) continue;
    host == counts ? ++host->rated : --host->rated;
    if (host->gate != nullptr) graph_.set_ahead(*host->gate, host->ahead(limits_));
  }
}

Outlets::Turned Outlets::change_terms(OutletState& outlet) {
  const auto before = std::exchange(outlet.terms, agreements_.of(outlet.outlet.subscription));
  count_rate(outlet);
  return {.shut = outlet.terms->shut && !before->shut,
          .opened = !outlet.terms->shut && before->shut,
          .moved = outlet.terms->url != before->url && !outlet.terms->removed};
}

Result<> Outlets::move(OutletState& outlet) {
  auto row = journal_.outlet(outlet.outlet.no);
  if (!row) return tl::unexpected(std::move(row).error());
  outlet.outlet.destination = row->destination;
  --outlet.host->outlets;
  outlet.outlet.host = std::move(row->host);
  outlet.host = &host_named(outlet.outlet.host);
  count_rate(outlet);
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
  const auto due = journal_.next_due(outlet.outlet.no, {});
  if (!due) return tl::unexpected(due.error());
  looked_until(outlet, {}, *due);
  return {};
}

void Outlets::list(OutletState& outlet) {
  if (outlet.listed || !outlet.more || outlet.terms->shut) return;
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

void Outlets::due_by(OutletState& outlet, const journal::DuePlace& place) {
  outlet.due_seen = std::min(outlet.due_seen, place);
  if (!outlet.due || place.at < *outlet.due) set_due(outlet, place.at);
}

void Outlets::look_from(OutletState& outlet, const journal::DuePlace& place) {
  outlet.due_seen = place;
  set_due(outlet, place.at);
}

void Outlets::looked_until(OutletState& outlet, const journal::DuePlace& until,
                           std::optional<WallTime> next) {
  outlet.due_seen = until;
  set_due(outlet, next);
}

Result<> Outlets::look_for_slow(OutletState& outlet, bool has_slow) {
  outlet.crowded = false;
  if (!has_slow || !outlet.is_direct()) return {};
  if (!outlet.several) {
    const auto several = journal_.has_several_destinations(outlet.outlet.no);
    if (!several) return tl::unexpected(several.error());
    outlet.several = *several;
  }
  outlet.crowded = *outlet.several;
  return {};
}

Result<> Outlets::reread_due(OutletState& outlet) {
  const auto due = journal_.next_due(outlet.outlet.no, outlet.due_seen);
  if (!due) return tl::unexpected(due.error());
  set_due(outlet, *due);
  return {};
}

Result<> Outlets::clock_set() {
  for (auto& [no, outlet] : outlets_) {
    const auto next = journal_.next_due(no, {});
    if (!next) return tl::unexpected(next.error());
    looked_until(*outlet, {}, *next);
  }
  return {};
}

void Outlets::keep_in_reach(OutletState& outlet, Position mark) {
  if (mark >= outlet.outlet.low) return;
  outlet.outlet.low = mark;
  sunken_.push_back(&outlet);
}

}  // namespace dispatch::flow
