#pragma once

#include "flow/observe/run_stats.hpp"

#include <cstddef>
#include <vector>

namespace dispatch::flow {

class Pump;
class DestinationLimiters;

/// The number of hosts that are listed by name.
inline constexpr std::size_t hosts_told = 50;

/// The hosts that a run knows: those with a circuit that is not closed, then those with most lanes, at most
/// `hosts_told`; and what the others come to together.
std::vector<HostStats> busiest_hosts(const Pump& pump, const DestinationLimiters& limiters,
                                     std::size_t per_host);

}  // namespace dispatch::flow
