#pragma once

#include "flow/observe/run_stats.hpp"

#include <cstddef>
#include <vector>

namespace dispatch::flow {

class Pump;
class DestinationLimiters;

/// The number of hosts that are listed by name.
inline constexpr std::size_t hosts_told = 50;

/// The stats of the busiest hosts that a run knows, at most `hosts_told`: first those with a circuit that is
/// not closed, then those with most lanes; and one entry with the sum of all others.
std::vector<HostStats> busiest_hosts(const Pump& pump, const DestinationLimiters& limiters,
                                     std::size_t per_host);

}  // namespace dispatch::flow
