#include "delivery/admission.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dispatch::delivery {

void Admission::set_limits(const RequestLimits& limits) {
  limits_ = limits;
  std::erase_if(turns_, [this](std::uint32_t number) {
    Host& to = hosts_.at(number);
    to.listed = has_room(to);
    return !to.listed;
  });
  for (auto& [number, to] : hosts_) list(number, to);
}

void Admission::add(Outgoing outgoing) {
  const std::uint32_t number = outgoing.host;
  Host& to = hosts_[number];
  note_time(outgoing);
  ++waiting_;
  to.waiting.push_back(std::move(outgoing));
  list(number, to);
}

std::size_t Admission::start(std::span<Outgoing> batch) {
  if (batch.empty() || !turns_.empty() || limits_.in_all < under_way_ + batch.size()) return 0;
  const std::uint32_t number = batch.front().host;
  const auto waits = [=](const Outgoing& outgoing) { return outgoing.host != number || outgoing.not_after; };
  if (std::any_of(batch.begin(), batch.end(), waits)) return 0;
  const auto found = hosts_.find(number);
  const std::size_t under_way = found == hosts_.end() ? 0 : found->second.under_way;
  if (under_way >= limits_.per_host || (found != hosts_.end() && !found->second.waiting.empty())) return 0;
  const std::size_t count = std::min(batch.size(), limits_.per_host - under_way);
  for (std::size_t i = 0; i < count; ++i) batch[i].others_wait = i + 1 < batch.size();
  hosts_[number].under_way += count;
  under_way_ += count;
  return count;
}

std::optional<Outgoing> Admission::next() {
  if (turns_.empty() || under_way_ >= limits_.in_all) return std::nullopt;
  const std::uint32_t number = turns_.front();
  turns_.pop_front();
  Host& to = hosts_.at(number);
  to.listed = false;
  std::optional<Outgoing> outgoing{std::move(to.waiting.front())};
  to.waiting.pop_front();
  outgoing->others_wait = !to.waiting.empty();
  --waiting_;
  ++to.under_way;
  ++under_way_;
  list(number, to);
  return outgoing;
}

void Admission::leave(std::uint32_t number) {
  Host& to = hosts_.at(number);
  --to.under_way;
  --under_way_;
  list(number, to);
  drop_unused(number);
}

std::vector<Outgoing> Admission::give_back() {
  std::vector<Outgoing> waiting;
  for (auto& [number, to] : hosts_) {
    for (Outgoing& outgoing : to.waiting) waiting.push_back(std::move(outgoing));
    to.waiting.clear();
    to.listed = false;
  }
  std::erase_if(hosts_, [](const auto& entry) { return entry.second.under_way == 0; });
  turns_.clear();
  waiting_ = 0;
  late_after_.reset();
  return waiting;
}

std::vector<Outgoing> Admission::give_back(std::uint32_t number,
                                           const std::function<bool(const Outgoing&)>& which) {
  std::vector<Outgoing> taken;
  const auto found = hosts_.find(number);
  if (found == hosts_.end()) return taken;
  auto& waiting = found->second.waiting;
  const auto first =
      std::stable_partition(waiting.begin(), waiting.end(), [&](const Outgoing& one) { return !which(one); });
  std::move(first, waiting.end(), std::back_inserter(taken));
  waiting.erase(first, waiting.end());
  waiting_ -= taken.size();
  if (waiting.empty() && found->second.listed) {
    std::erase(turns_, number);
    found->second.listed = false;
  }
  drop_unused(number);
  return taken;
}

std::vector<Outgoing> Admission::give_back_late(SteadyTime now) {
  std::vector<Outgoing> late;
  if (!late_after_ || now <= *late_after_) return late;
  late_after_.reset();
  std::vector<std::uint32_t> with_late;
  const auto is_late = [=](const Outgoing& outgoing) { return !outgoing.may_begin(now); };
  for (const auto& [number, to] : hosts_) {
    if (std::any_of(to.waiting.begin(), to.waiting.end(), is_late)) with_late.push_back(number);
    for (const Outgoing& outgoing : to.waiting)
      if (!is_late(outgoing)) note_time(outgoing);
  }
  for (const std::uint32_t number : with_late) {
    auto some = give_back(number, is_late);
    std::move(some.begin(), some.end(), std::back_inserter(late));
  }
  return late;
}

void Admission::note_time(const Outgoing& outgoing) {
  if (outgoing.not_after && (!late_after_ || *outgoing.not_after < *late_after_))
    late_after_ = outgoing.not_after;
}

void Admission::drop_unused(std::uint32_t number) {
  const auto found = hosts_.find(number);
  if (found->second.under_way == 0 && found->second.waiting.empty()) hosts_.erase(found);
}

void Admission::list(std::uint32_t number, Host& host) {
  if (host.listed || host.waiting.empty() || !has_room(host)) return;
  host.listed = true;
  turns_.push_back(number);
}

}  // namespace dispatch::delivery
