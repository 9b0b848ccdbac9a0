// What every span exporter keeps.

#include "support/network/receiver.hpp"
#include "telemetry/otlp_exporter.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <spdlog/logger.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// OTLP over HTTP, with a collector that takes what it is sent, or refuses it for good.
class OtlpSubject {
 public:
  OtlpSubject() {
    telemetry::OtlpOptions options;
    options.url = collector_.url("/v1/traces");
    options.timeout = options.patience = std::chrono::seconds{60};
    options.backoff = std::chrono::milliseconds{1};
    exporter_ = telemetry::OtlpExporter::make(std::move(options), log_, stop_.get_token()).value();
  }

  tracing::SpanExporter& exporter() { return *exporter_; }
  void refuse(bool refuses) { refuses_ = refuses; }
  /// What was sent to the collector, in order.
  std::vector<std::string> sent() const {
    std::vector<std::string> bodies;
    for (const auto& request : collector_.received()) bodies.push_back(request.body);
    return bodies;
  }

 private:
  std::atomic<bool> refuses_ = false;
  Receiver collector_{
      [this](const Received&, std::size_t) { return Answer{.status = refuses_ ? 400 : 200, .body = "{}"}; }};
  std::stop_source stop_;
  std::shared_ptr<spdlog::logger> log_ = std::make_shared<spdlog::logger>("silent");
  std::unique_ptr<tracing::SpanExporter> exporter_;
};

const std::string first_request = R"({"resourceSpans":[1]})", second_request = R"({"resourceSpans":[2]})";

}  // namespace

// Another exporter is added here.
#define SPAN_EXPORTERS OtlpSubject

TEST_CASE_TEMPLATE("span exporter: requests arrive as they are and in order and no span is lost", Subject,
                   SPAN_EXPORTERS) {
  Subject subject;
  CHECK(subject.exporter().send(first_request, 3) == 0);
  CHECK(subject.exporter().send(second_request, 1) == 0);
  CHECK(subject.sent() == std::vector<std::string>{first_request, second_request});
}

TEST_CASE_TEMPLATE("span exporter: spans that are refused for good are lost and later ones are not", Subject,
                   SPAN_EXPORTERS) {
  Subject subject;
  subject.refuse(true);
  CHECK(subject.exporter().send(first_request, 3) == 3);
  subject.refuse(false);
  CHECK(subject.exporter().send(second_request, 1) == 0);
  CHECK(subject.sent().size() == 2);
}
