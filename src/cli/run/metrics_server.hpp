#pragma once

#include "base/error.hpp"
#include "cli/options/telemetry_options.hpp"
#include "telemetry/run_metrics.hpp"

#include <memory>
#include <string>
#include <vector>

#include <spdlog/logger.h>

namespace dispatch::cli {

/// Serves the metrics of a run over HTTP at `listen` while the returned handle lives, and logs the address.
/// `hosts`: host names that requests may use, besides that of `listen`.
Result<std::shared_ptr<void>> serve_metrics(const ListenAddress& listen, std::vector<std::string> hosts,
                                            telemetry::MetricsView view, spdlog::logger& log);

}  // namespace dispatch::cli
