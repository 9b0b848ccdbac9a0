#pragma once

#include "base/crypto/secret.hpp"
#include "base/error.hpp"
#include "tracing/span_exporter.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <spdlog/logger.h>

namespace dispatch::telemetry {

/// Where and how spans are sent by OTLP over HTTP.
struct OtlpOptions {
  std::string url;                                      ///< of the collector, with its path
  std::vector<std::pair<std::string, Secret>> headers;  ///< sent with every request
  std::chrono::milliseconds timeout{10'000};            ///< of one complete request
  std::chrono::milliseconds patience{30'000};           ///< of one batch, retries included
  std::chrono::milliseconds backoff{1'000};             ///< after the first failure; doubles each time
  std::string certificates;  ///< a PEM file of trusted authorities; empty: those of the system
};

/// Posts spans to a collector. Spans that it refuses or does not accept in time are lost, and the log says so
/// once. Retries if the collector cannot be reached or asks for a retry (429, 502, 503, 504).
class OtlpExporter final : public tracing::SpanExporter {
 public:
  /// A request to `stop` ends the current request.
  static Result<std::unique_ptr<OtlpExporter>> make(OtlpOptions options, std::shared_ptr<spdlog::logger> log,
                                                    std::stop_token stop);
  ~OtlpExporter() override;
  OtlpExporter(const OtlpExporter&) = delete;
  OtlpExporter& operator=(const OtlpExporter&) = delete;

  std::size_t send(std::string_view request, std::size_t spans) override;

  /// Stops all retries from now on. Any thread may call it.
  void hurry();
  /// Number of lost spans. Any thread may call it.
  std::size_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  class Connection;
  struct Answer;

  OtlpExporter(OtlpOptions options, std::shared_ptr<spdlog::logger> log, std::stop_token stop);
  Answer insist(std::string_view request);
  std::size_t count_lost(const Answer& answer, std::size_t spans);
  void tell(std::string_view what);

  const OtlpOptions options_;
  const std::shared_ptr<spdlog::logger> log_;
  const std::stop_token stop_;
  std::stop_source hurry_;
  std::unique_ptr<Connection> connection_;
  bool told_ = false;
  std::atomic<std::size_t> lost_ = 0;
};

}  // namespace dispatch::telemetry
