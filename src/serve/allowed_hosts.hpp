#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dispatch::serve {

/// The host names by which a server may be addressed. A web page can point a name of its own to a loopback
/// address (DNS rebinding) and read the answers; the Host header then has that name. Immutable; thread-safe.
class AllowedHosts {
 public:
  /// IP addresses and "localhost" are always allowed, and so are `names`.
  explicit AllowedHosts(std::vector<std::string> names);

  /// `host` is the value of a Host header (RFC 9110, 7.2): a name or an address, optionally with a port.
  /// Ignores case and a trailing dot.
  bool allows(std::string_view host) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace dispatch::serve
