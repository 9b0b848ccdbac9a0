#pragma once

#include "metrics/exposition.hpp"
#include "serve/http_server.hpp"

#include <functional>
#include <optional>
#include <string>

namespace dispatch::serve {

/// What a monitor asks for: GET or HEAD of /metrics, in the format that its Accept header wants, and of
/// /healthz, which is 200 and "ok", or 503 and why not. Anything else is not found.
class MetricsEndpoint {
 public:
  using Metrics = std::function<std::string(metrics::Format)>;
  using Trouble = std::function<std::optional<std::string>()>;  ///< nothing: all is well

  MetricsEndpoint(Metrics metrics, Trouble trouble)
      : metrics_(std::move(metrics)), trouble_(std::move(trouble)) {}

  Response answer(const Request& request) const;

 private:
  const Metrics metrics_;
  const Trouble trouble_;
};

}  // namespace dispatch::serve
