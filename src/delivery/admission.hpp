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
#include <span>
#include <string>
#include <vector>

namespace dispatch::delivery {

/// Enforces the limits on concurrent requests, per host and in total. A request over a limit waits: in order
/// of arrival within one host, and hosts in turn. A host without waiting or running requests uses no memory.
/// Not thread-safe: the caller holds a lock.
class Admission {
 public:
  explicit Admission(const RequestLimits& limits) : limits_(limits) {}

  /// Changes the limits for the following calls of next(). Running requests go on, even above a lower limit.
  void set_limits(const RequestLimits& limits);

  void add(Outgoing outgoing);

  /// Starts the first requests of a batch at once, without making them wait, if all of it goes to one host,
  /// nothing waits there, and the limit in total leaves room for the whole batch. Returns how many; they
  /// count as running until leave(). The caller adds the others.
  std::size_t start(std::span<Outgoing> batch);

  /// Takes the next request that may start; nothing: none may. It counts as running until leave().
  std::optional<Outgoing> next();

  /// Notes that a running request to that host has ended.
  void leave(std::uint32_t host);

  /// Number of waiting requests.
  std::size_t waiting() const { return waiting_; }
  /// Number of hosts with waiting or running requests.
  std::size_t hosts() const { return hosts_.size(); }

  /// Removes and returns all waiting requests.
  std::vector<Outgoing> give_back();
  /// Removes and returns the waiting requests to that host for which `which` returns true.
  std::vector<Outgoing> give_back(std::uint32_t host, const std::function<bool(const Outgoing&)>& which);
  /// Removes and returns the waiting requests that must not start any more (Outgoing::may_begin).
  std::vector<Outgoing> give_back_late(SteadyTime now);
  /// give_back_late() can return something only after this time; nothing: never.
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
  std::optional<SteadyTime> late_after_;  ///< lower bound of not_after of the waiting requests
  std::map<std::uint32_t, Host> hosts_;
  std::deque<std::uint32_t> turns_;  ///< hosts with waiting requests and a free place
};

}  // namespace dispatch::delivery
