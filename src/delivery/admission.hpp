#pragma once

#include "base/clock.hpp"
#include "delivery/request_limits.hpp"
#include "event/outgoing.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::delivery {

/// Holds requests to their limits: so many at a time to one host, so many in all. What may not start yet
/// waits: first come, first served for one host, and the hosts in turn. A host of which nothing waits and
/// nothing is under way takes no memory. Used under a lock.
class Admission {
 public:
  explicit Admission(const RequestLimits& limits) : limits_(limits) {}

  /// What next() keeps to from now on. What has started keeps its places, where that is too many, too.
  void set_limits(const RequestLimits& limits);

  void add(Outgoing outgoing);

  /// The next that may start. It holds its places until leave().
  std::optional<Outgoing> next();

  /// A request to that host has ended.
  void leave(std::uint32_t host);

  /// The number of requests that wait.
  std::size_t waiting() const { return waiting_; }
  /// Hosts of which something waits or is under way.
  std::size_t hosts() const { return hosts_.size(); }

  /// Takes out all that has not started.
  std::vector<Outgoing> give_back();
  /// The same of those requests to that host of which `which` returns true.
  std::vector<Outgoing> give_back(std::uint32_t host, const std::function<bool(const Outgoing&)>& which);
  /// The same of those that may not start any more (Outgoing::may_begin).
  std::vector<Outgoing> give_back_late(SteadyTime now);
  /// After that time, and not earlier, give_back_late() may have something to give back; nothing: never.
  std::optional<SteadyTime> late_after() const { return late_after_; }

 private:
  struct Host {
    std::size_t under_way = 0;
    std::deque<Outgoing> waiting;
    bool listed = false;
  };
  bool has_room(const Host& host) const { return host.under_way < limits_.per_host; }
  void drop_unused(std::uint32_t number);
  void list(std::uint32_t number, Host& host);
  void note_time(const Outgoing& outgoing);

  RequestLimits limits_;
  std::size_t under_way_ = 0, waiting_ = 0;
  std::optional<SteadyTime> late_after_;  ///< the earliest not_after of what waits, or has waited
  std::map<std::uint32_t, Host> hosts_;
  std::deque<std::uint32_t> turns_;  ///< hosts that have something waiting and room for it
};

}  // namespace dispatch::delivery
