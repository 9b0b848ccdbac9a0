#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "delivery/http/http_options.hpp"
#include "delivery/transport.hpp"

#include <cstddef>
#include <memory>

namespace dispatch::delivery {

/// How many threads make requests if nobody says: one on fewer than 8 cores, because one already keeps the
/// thread that commits busy there; above that one for every 4 cores, at most 4.
std::size_t http_threads_by_default(std::size_t cores);

/// Starts `threads` HttpTransports, each with a thread of its own, and spreads hosts over them. They share
/// the limit HttpOptions::connections_kept; with libcurl as the client, which closes idle connections only
/// when requests end, a thread keeps up to its equal share of it in any case. Fails as HttpTransport does.
/// `reports` and `clock` are borrowed; reports come from each of the threads.
Result<std::unique_ptr<Transport>> start_http(const HttpOptions& options, std::size_t threads,
                                              Reports& reports, const Clock& clock);

}  // namespace dispatch::delivery
