#pragma once

#include "base/text/url_text.hpp"
#include "delivery/transport.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::delivery {

/// Hands each attempt to the transport of its URL's scheme. What has a scheme of none of them is reported as
/// `refused`, on the thread that sends it.
class TransportByScheme final : public Transport {
 public:
  /// A transport and the schemes that it serves; "http" and "https" share one.
  struct Served {
    UrlSchemes schemes;
    Transport& transport;
  };

  /// A scheme belongs to the first that names it. The transports and `reports` are borrowed, as are the texts
  /// of the schemes; each transport puts its reports itself.
  TransportByScheme(const std::vector<Served>& served, Reports& reports);

  /// Those that there is a transport for, in the order given. Valid while this object lives.
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
  std::vector<std::size_t> places_;  ///< of each scheme in transports_
  Reports& reports_;
};

}  // namespace dispatch::delivery
