#pragma once

#include "base/error.hpp"
#include "base/system/fd.hpp"

#include <cstdint>
#include <string>

namespace dispatch::serve {

struct ListeningSocket {
  Fd socket;
  std::uint16_t port = 0;  ///< the actual port, also if 0 was requested
};

/// Listens at `host`, a name or an IPv4 or IPv6 address. The error names the address and the cause.
Result<ListeningSocket> listen_at(const std::string& host, std::uint16_t port);

}  // namespace dispatch::serve
