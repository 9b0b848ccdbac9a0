#include "delivery/transport_by_host.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::delivery {

TransportByHost::TransportByHost(std::vector<std::unique_ptr<Transport>> transports)
    : transports_(std::move(transports)) {}

void TransportByHost::send(std::vector<Outgoing> batch) {
  if (batch.empty()) return;
  const std::size_t first = place_of(batch.front());
  const bool all_alike = std::all_of(batch.begin() + 1, batch.end(),
                                     [&](const Outgoing& outgoing) { return place_of(outgoing) == first; });
  if (all_alike) return transports_[first]->send(std::move(batch));

  std::vector<std::vector<Outgoing>> parts(transports_.size());
  for (Outgoing& outgoing : batch) parts[place_of(outgoing)].push_back(std::move(outgoing));
  for (std::size_t place = 0; place < parts.size(); ++place)
    if (!parts[place].empty()) transports_[place]->send(std::move(parts[place]));
}

void TransportByHost::withdraw() {
  for (const auto& transport : transports_) transport->withdraw();
}

void TransportByHost::abort() {
  for (const auto& transport : transports_) transport->abort();
}

std::size_t TransportByHost::waiting() const {
  std::size_t waiting = 0;
  for (const auto& transport : transports_) waiting += transport->waiting();
  return waiting;
}

std::vector<Fate> TransportByHost::resolve(std::span<const Attempted> attempts) {
  return transports_.front()->resolve(attempts);
}

const SpanProtocol& TransportByHost::protocol(std::string_view url) const {
  return transports_.front()->protocol(url);
}

}  // namespace dispatch::delivery
