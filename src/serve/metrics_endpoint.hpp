#pragma once

#include "metrics/exposition.hpp"
#include "serve/allowed_hosts.hpp"
#include "serve/http_server.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace dispatch::serve {

/// Serves GET and HEAD of /metrics, in the format that the Accept header asks for, and of /healthz: 200 and
/// "ok", or 503 and the reason. Other paths give 404. A request with a host name that is not allowed gets
/// 421.
class MetricsEndpoint {
 public:
  using Metrics = std::function<std::string(metrics::Format)>;
  using Trouble = std::function<std::optional<std::string>()>;  ///< nothing: healthy

  MetricsEndpoint(Metrics metrics, Trouble trouble, AllowedHosts hosts)
      : metrics_(std::move(metrics)), trouble_(std::move(trouble)), hosts_(std::move(hosts)) {}

  Response answer(const Request& request) const;

 private:
  const Metrics metrics_;
  const Trouble trouble_;
  const AllowedHosts hosts_;
};

}  // namespace dispatch::serve
