#include "flow/busiest_hosts.hpp"

#include "flow/pump.hpp"
#include "flow/valves.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
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

}  // namespace

std::vector<HostFigures> busiest_hosts(const Pump& pump, const Valves& valves, std::size_t per_host) {
  std::map<std::string_view, Host> by_name;
  pump.each_outlet([&](const OutletState& outlet) {
    Host& host = by_name[outlet.outlet.host];
    host.name = outlet.outlet.host;
    host.lanes += outlet.lanes;
    host.under_way += outlet.under_way;
  });
  valves.each([&](const Valve& valve) {
    Host& host = by_name[valve.outlet->outlet.host];
    host.circuit = worse(host.circuit, valve.circuit);
  });

  std::vector<Host> hosts;
  hosts.reserve(by_name.size());
  for (const auto& [name, host] : by_name) hosts.push_back(host);
  const auto told = std::min(hosts.size(), hosts_told);
  std::partial_sort(hosts.begin(), hosts.begin() + static_cast<std::ptrdiff_t>(told), hosts.end(),
                    [](const Host& a, const Host& b) { return a.rank() < b.rank(); });

  std::vector<HostFigures> figures;
  figures.reserve(told + 1);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (i <= told) figures.emplace_back();
    HostFigures& host = figures.back();
    if (i < told) host.host = hosts[i].name;
    host.in_flight += hosts[i].under_way;
    host.permits_free += per_host - std::min(per_host, hosts[i].under_way);
    host.circuit = worse(host.circuit, hosts[i].circuit);
  }
  return figures;
}

}  // namespace dispatch::flow
