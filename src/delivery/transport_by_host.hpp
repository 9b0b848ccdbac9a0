#pragma once

#include "delivery/transport.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::delivery {

/// Spreads hosts over several transports of one kind, so that their threads share the work. All attempts to
/// a host go to the same transport, which keeps the host's connections, addresses and TLS sessions. Hosts are
/// numbered in the order in which a run meets them (Outgoing::host), so as many hosts as there are transports
/// are on one each.
class TransportByHost final : public Transport {
 public:
  /// At least one transport; each reports its own outcomes.
  explicit TransportByHost(std::vector<std::unique_ptr<Transport>> transports);

  void send(std::vector<Outgoing> batch) override;
  void withdraw() override;
  void abort() override;
  std::size_t waiting() const override;
  /// Asks the first transport: each of them can ask every target.
  std::vector<Fate> resolve(std::span<const Attempted> attempts) override;
  const SpanProtocol& protocol(std::string_view url) const override;

 private:
  std::size_t place_of(const Outgoing& outgoing) const { return outgoing.host % transports_.size(); }

  const std::vector<std::unique_ptr<Transport>> transports_;
};

}  // namespace dispatch::delivery
