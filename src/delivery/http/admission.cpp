#include "delivery/http/admission.hpp"

#include <utility>

namespace dispatch::delivery {

void Admission::add(Outgoing outgoing) {
  const std::uint32_t number = outgoing.host;
  Host& to = host(number);
  to.waiting.push_back(std::move(outgoing));
  list(number, to);
}

std::optional<Outgoing> Admission::next() {
  if (turns_.empty() || under_way_ >= in_all_) return std::nullopt;
  const std::uint32_t number = turns_.front();
  turns_.pop_front();
  Host& to = host(number);
  to.listed = false;
  std::optional<Outgoing> outgoing{std::move(to.waiting.front())};
  to.waiting.pop_front();
  ++to.under_way;
  ++under_way_;
  list(number, to);
  return outgoing;
}

void Admission::leave(std::uint32_t number) {
  Host& to = host(number);
  --to.under_way;
  --under_way_;
  list(number, to);
}

std::vector<Outgoing> Admission::give_back() {
  std::vector<Outgoing> waiting;
  for (Host& to : hosts_) {
    for (Outgoing& outgoing : to.waiting) waiting.push_back(std::move(outgoing));
    to.waiting.clear();
    to.listed = false;
  }
  turns_.clear();
  return waiting;
}

Admission::Host& Admission::host(std::uint32_t number) {
  if (number >= hosts_.size()) hosts_.resize(number + 1);
  return hosts_[number];
}

void Admission::list(std::uint32_t number, Host& host) {
  if (host.listed || host.waiting.empty() || host.under_way >= per_host_) return;
  host.listed = true;
  turns_.push_back(number);
}

}  // namespace dispatch::delivery
