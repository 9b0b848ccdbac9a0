#include "flow/limits/host_gate.hpp"

#include "flow/limits/lane.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {
namespace {

/// While the gate is in use, shares that nothing uses are kept up to so many in all: what is known of them
/// need not be found out again.
constexpr std::size_t shares_kept = 64;

}  // namespace

HostGate::Share& HostGate::open_lane(DestinationNo destination, SteadyTime now) {
  Share& share = shares_[destination];
  share.destination = destination;
  if (share.lanes++ == 0) {
    share.heard = now;
    ++destinations_;
  }
  return share;
}

void HostGate::close_lane(Share& share) {
  if (--share.lanes > 0) return;
  if (--destinations_ > 0)
    forget_if_unused(share);
  else
    std::erase_if(shares_, [](const auto& entry) { return entry.second.is_unused(); });
}

void HostGate::enter(Item& item) {
  Share& share = *item.lane->share;
  if (share.waiting_.empty()) order_.emplace(place_of(share), &share);
  if (spare_.empty()) spare_.emplace_back();
  spare_.front() = &item;
  share.waiting_.splice(share.waiting_.end(), spare_, spare_.begin());
  count_unproven(share);
}

/// Applies a change that moves a share in the order. It is in the order while items wait for it.
template <class Change>
void HostGate::change_place(Share& share, Change change) {
  auto entry = order_.extract(place_of(share));  // its memory is reused
  change();
  if (share.waiting_.empty()) return;
  if (entry.empty()) {
    order_.emplace(place_of(share), &share);
    return;
  }
  entry.key() = place_of(share);
  order_.insert(std::move(entry));
}

Item* HostGate::next() {
  if (order_.empty() || held_ >= committed_most()) return nullptr;
  Share& share = *order_.begin()->second;
  Item* item = share.waiting_.front();
  change_place(share, [&] {
    spare_.splice(spare_.begin(), share.waiting_, share.waiting_.begin());
    ++held_;
    ++share.held;
    share.given_ = ++given_;
  });
  return item;
}

void HostGate::free(Share& share) {
  change_place(share, [&] {
    --held_;
    --share.held;
  });
  count_unproven(share);
  forget_if_unused(share);
}

void HostGate::answered(Share& share, std::chrono::microseconds took, SteadyTime now) {
  share.took = share.took ? (3 * *share.took + took) / 4 : took;
  share.heard = now;
  count_unproven(share);
}

std::vector<Item*> HostGate::take_leaving() {
  std::vector<Item*> leaving;
  for (auto& [destination, share] : shares_) {
    order_.erase(place_of(share));
    std::erase_if(share.waiting_, [&](Item* item) {
      if (!item->lane->leaves) return false;
      leaving.push_back(item);
      return true;
    });
    if (!share.waiting_.empty()) order_.emplace(place_of(share), &share);
    count_unproven(share);
  }
  return leaving;
}

bool HostGate::has_slow(SteadyTime now) const {
  return std::any_of(shares_.begin(), shares_.end(),
                     [&](const auto& entry) { return entry.second.lanes > 0 && entry.second.is_slow(now); });
}

const HostGate::Share* HostGate::share_of(DestinationNo destination) const {
  const auto found = shares_.find(destination);
  return found == shares_.end() ? nullptr : &found->second;
}

void HostGate::count_unproven(Share& share) {
  const bool in_play = share.held > 0 || !share.waiting_.empty();
  const bool proven = share.took && *share.took <= quick_most;
  const bool counts = in_play && !proven;
  if (counts == share.counted_) return;
  share.counted_ = counts;
  counts ? ++unproven_ : --unproven_;
}

void HostGate::forget_if_unused(Share& share) {
  if (share.is_unused() && (destinations_ == 0 || shares_.size() > shares_kept))
    shares_.erase(share.destination);
}

}  // namespace dispatch::flow
