#pragma once

#include "base/error.hpp"
#include "cli/options/command.hpp"
#include "telemetry/delivery_spans.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;  ///< 0: any free port
};

/// Options of `run` for monitoring.
struct WatchOptions {
  std::optional<ListenAddress> listen;
  std::vector<std::string> hosts;  ///< host names that requests to /metrics may use, besides that of `listen`
  std::string file;                ///< a file for metrics; empty: none
  telemetry::SpanUrl span_url = telemetry::SpanUrl::origin;
  std::chrono::microseconds every{std::chrono::seconds{15}};
};

void add_telemetry_options(Command command, WatchOptions& options);

/// "127.0.0.1:9464", "[::1]:0", "localhost:9464".
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace dispatch::cli
