#pragma once

#include "base/error.hpp"
#include "base/system/fd.hpp"

#include <cstdint>
#include <string>

namespace dispatch::serve {

struct ListeningSocket {
  Fd socket;
  std::uint16_t port = 0;  ///< the one that was chosen where 0 was asked for
};

/// Listens at `host`, a name or an IPv4 or IPv6 address. The error names address and cause.
Result<ListeningSocket> listen_at(const std::string& host, std::uint16_t port);

}  // namespace dispatch::serve
