#pragma once

#include "delivery/http/http_options.hpp"
#include "event/outgoing.hpp"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace dispatch::delivery {

/// How many attempts are under way at each host, by Outgoing::host.
class HostActivity {
 public:
  void began(std::uint32_t host) { ++at(host).under_way; }
  void ended(std::uint32_t host) { --at(host).under_way; }

  /// Returns true where the connection of the attempt that begins is kept for others; `open` are the
  /// connections there are. Of each connection that it closes, libcurl looks at all there are, and near the
  /// limit of idle ones at all of them again, to close one after each request. So of many connections those
  /// to hosts that have nothing else to do are not kept, and the first to a host, which may never be asked
  /// again, is kept only among few.
  bool worth_keeping(const Outgoing& outgoing, std::size_t open, std::size_t connections_kept) {
    Host& host = at(outgoing.host);
    const bool first = !std::exchange(host.asked_before, true);
    if (host.under_way > 0 || outgoing.others_wait) return true;
    return open <= (first ? connections_kept / 8 : connections_kept / 4 * 3);
  }

 private:
  struct Host {
    bool asked_before = false;
    std::size_t under_way = 0;
  };
  Host& at(std::uint32_t host) {
    if (host >= hosts_.size()) hosts_.resize(host + 1);
    return hosts_[host];
  }
  std::vector<Host> hosts_;
};

}  // namespace dispatch::delivery
