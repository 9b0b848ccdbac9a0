#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace dispatch::serve {

/// By which names a server may be asked. A page in a browser can lead a name of its own to a loopback address
/// (DNS rebinding) and read what answers there; the Host header then holds that name. Immutable; safe for
/// every thread.
class AllowedHosts {
 public:
  /// IP addresses and "localhost" are always allowed; `names` are those besides.
  explicit AllowedHosts(std::vector<std::string> names);

  /// `host` is the value of a Host header (RFC 9110, 7.2): a name or an address, perhaps with a port. Case
  /// and a trailing dot make no difference.
  bool allows(std::string_view host) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace dispatch::serve
