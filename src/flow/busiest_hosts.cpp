#include "flow/busiest_hosts.hpp"

#include "flow/limits/destination_limiters.hpp"
#include "flow/pump/pump.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace dispatch::flow {
namespace {

using State = policy::Circuit::State;

/// How far from closed.
int severity(State state) {
  switch (state) {
    case State::closed:
      return 0;
    case State::half_open:
      return 1;
    case State::open:
      break;
  }
  return 2;
}

State worse(State a, State b) {
  return severity(a) < severity(b) ? b : a;
}

struct Host {
  std::string_view name;
  std::size_t lanes = 0;
  std::size_t under_way = 0;
  State circuit = State::closed;

  /// The first ones are told of by name.
  auto rank() const { return std::tuple{-severity(circuit), -static_cast<std::int64_t>(lanes), name}; }
};

/// Those of which something is loaded or a circuit is not closed, and of the others the first by name: as
/// many as may be told of.
std::vector<Host> candidates(const Pump& pump, const DestinationLimiters& limiters) {
  std::unordered_map<const HostState*, Host> busy;
  const auto host_of = [&](const QueueState& queue) -> Host& {
    Host& host = busy[queue.host];
    host.name = queue.row.host;
    return host;
  };
  pump.each_queue([&](const QueueState& queue) {
    if (queue.lanes == 0 && queue.under_way == 0) return;  // most of many
    Host& host = host_of(queue);
    host.lanes += queue.lanes;
    host.under_way += queue.under_way;
  });
  limiters.each([&](const DestinationLimiter& limiter) {
    if (limiter.circuit == State::closed) return;
    Host& host = host_of(*limiter.queue);
    host.circuit = worse(host.circuit, limiter.circuit);
  });

  std::vector<Host> hosts;
  for (const auto& [state, host] : busy) hosts.push_back(host);
  std::size_t idle = 0;
  for (const auto& [name, state] : pump.hosts()) {
    if (idle == hosts_told) break;
    if (busy.contains(&state)) continue;
    ++idle;
    hosts.push_back({.name = name});
  }
  return hosts;
}

}  // namespace

std::vector<HostStats> busiest_hosts(const Pump& pump, const DestinationLimiters& limiters,
                                     std::size_t per_host) {
  auto hosts = candidates(pump, limiters);
  const auto told = std::min(hosts.size(), hosts_told);
  std::partial_sort(hosts.begin(), hosts.begin() + static_cast<std::ptrdiff_t>(told), hosts.end(),
                    [](const Host& a, const Host& b) { return a.rank() < b.rank(); });

  std::vector<HostStats> stats;
  stats.reserve(told + 1);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (i <= told) stats.emplace_back();
    HostStats& host = stats.back();
    if (i < told) host.host = hosts[i].name;
    host.in_flight += hosts[i].under_way;
    host.permits_free += per_host - std::min(per_host, hosts[i].under_way);
    host.circuit = worse(host.circuit, hosts[i].circuit);
  }
  // Those that are no candidates have nothing to do.
  if (const auto others = pump.hosts().size() - hosts.size(); others > 0) {
    if (hosts.size() == told) stats.emplace_back();
    stats.back().permits_free += others * per_host;
  }
  return stats;
}

}  // namespace dispatch::flow
