#pragma once

#include "flow/observe/figures.hpp"

#include <cstddef>
#include <vector>

namespace dispatch::flow {

class Pump;
class Valves;

/// So many hosts are told of by name.
inline constexpr std::size_t hosts_told = 50;

/// The hosts that a run knows: those with a circuit that is not closed, then those with most lanes, at most
/// `hosts_told`; and what the others come to together.
std::vector<HostFigures> busiest_hosts(const Pump& pump, const Valves& valves, std::size_t per_host);

}  // namespace dispatch::flow
