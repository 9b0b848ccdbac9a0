#pragma once

#include "base/text/url_text.hpp"
#include "delivery/transport.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::delivery {

/// Passes each attempt to the transport for its URL's scheme. An attempt with an unknown scheme is reported
/// as `refused`, on the thread that sends it.
class TransportByScheme final : public Transport {
 public:
  /// A transport and its schemes; "http" and "https" share one.
  struct Served {
    UrlSchemes schemes;
    Transport& transport;
  };

  /// If several transports name a scheme, the first one gets it. The transports, `reports` and the texts of
  /// the schemes are borrowed; each transport reports its own outcomes.
  TransportByScheme(const std::vector<Served>& served, Reports& reports);

  /// The schemes that have a transport, in the order given. Valid while this object lives.
  UrlSchemes schemes() const { return schemes_; }

  void send(std::vector<Outgoing> batch) override;
  void withdraw() override;
  void abort() override;
  std::size_t waiting() const override;
  std::vector<Fate> resolve(std::span<const Attempted> attempts) override;
  const SpanProtocol& protocol(std::string_view url) const override;

 private:
  std::optional<std::size_t> place_of(std::string_view url) const;
  Outcome refusal(std::string_view url) const;

  std::vector<Transport*> transports_;
  std::vector<std::string_view> schemes_;
  std::vector<std::size_t> places_;  ///< for each scheme: its index in transports_
  Reports& reports_;
};

}  // namespace dispatch::delivery
