#include "delivery/http/http_threads.hpp"

#include "delivery/http/http_transport.hpp"
#include "delivery/http/shared_idle_limit.hpp"
#include "delivery/transport_by_host.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace dispatch::delivery {

std::size_t http_threads_by_default(std::size_t cores) {
  return std::clamp<std::size_t>(cores / 4, 1, 4);
}

Result<std::unique_ptr<Transport>> start_http(const HttpOptions& options, std::size_t threads,
                                              Reports& reports, const Clock& clock) {
  if (threads <= 1) {
    DISPATCH_ASSIGN(auto alone, HttpTransport::start(options, reports, clock));
    return alone;
  }
  const auto idle_limit = std::make_shared<SharedIdleLimit>(options.connections_kept, threads);
  std::vector<std::unique_ptr<Transport>> transports;
  for (std::size_t i = 0; i < threads; ++i) {
    DISPATCH_ASSIGN(auto transport, HttpTransport::start(options, reports, clock, idle_limit));
    transports.push_back(std::move(transport));
  }
  return std::make_unique<TransportByHost>(std::move(transports));
}

}  // namespace dispatch::delivery
