#include "telemetry/trace_export.hpp"

#include "base/version.hpp"

#include <map>
#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::telemetry;
using namespace std::chrono_literals;

namespace {

Result<std::optional<TraceExport>> from(const std::map<std::string, std::string>& variables) {
  return trace_export([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

/// What is wrong with them.
std::string fault(const std::map<std::string, std::string>& variables) {
  const auto read = from(variables);
  if (read) return {};
  CHECK(read.error().failure == Failure::usage);
  return read.error().message;
}

std::string attribute(const TraceExport& wanted, const std::string& key) {
  for (const auto& [known, value] : wanted.resource)
    if (known == key) return value;
  return {};
}

}  // namespace

TEST_CASE("without an endpoint nothing is exported") {
  CHECK_FALSE(from({}).value().has_value());
  CHECK_FALSE(from({{"OTEL_EXPORTER_OTLP_ENDPOINT", ""}}).value().has_value());
  const std::string endpoint = "http://localhost:4318";
  CHECK_FALSE(from({{"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint}, {"OTEL_TRACES_EXPORTER", "none"}})
                  .value()
                  .has_value());
  CHECK_FALSE(
      from({{"OTEL_EXPORTER_OTLP_ENDPOINT", endpoint}, {"OTEL_SDK_DISABLED", "True"}}).value().has_value());
}

TEST_CASE("the endpoint of all signals gets a path and that of traces is taken as it is") {
  CHECK(from({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/"}}).value()->to.url ==
        "http://c:4318/v1/traces");
  CHECK(from({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c/x"},
              {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://t/own"}})
            .value()
            ->to.url == "https://t/own");
  CHECK(from({{"OTEL_TRACES_EXPORTER", "otlp"}}).value()->to.url == "http://localhost:4318/v1/traces");
}

TEST_CASE("what is not set is as the specification says") {
  const auto wanted = from({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}}).value().value();
  CHECK(wanted.batches.queue == 2048);
  CHECK(wanted.batches.batch == 512);
  CHECK(wanted.batches.delay == 5s);
  CHECK(wanted.to.patience == 30s);
  CHECK(wanted.to.timeout == 10s);
  CHECK(attribute(wanted, "service.name") == "dispatch");
  CHECK(attribute(wanted, "service.version") == version());
  CHECK(wanted.remarks.empty());
}

TEST_CASE("what is set counts") {
  const auto wanted =
      from({{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"},
            {"OTEL_EXPORTER_OTLP_HEADERS", " api-key = a%20b , x=1"},
            {"OTEL_EXPORTER_OTLP_TIMEOUT", "250"},
            {"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"},
            {"OTEL_BSP_MAX_QUEUE_SIZE", "100"},
            {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1000"},
            {"OTEL_BSP_SCHEDULE_DELAY", "0"},
            {"OTEL_RESOURCE_ATTRIBUTES", "service.name=other,deployment.environment=test%2Cone"},
            {"OTEL_SERVICE_NAME", "orders"}})
          .value()
          .value();
  REQUIRE(wanted.to.headers.size() == 2);
  CHECK(wanted.to.headers[0].first == "api-key");
  CHECK(wanted.to.headers[0].second.reveal() == "a b");
  CHECK(wanted.to.timeout == 250ms);
  CHECK(wanted.batches.queue == 100);
  CHECK(wanted.batches.batch == 100);
  CHECK(wanted.batches.delay == 0ms);
  CHECK(attribute(wanted, "service.name") == "orders");
  CHECK(attribute(wanted, "deployment.environment") == "test,one");
  REQUIRE(wanted.remarks.size() == 1);
  CHECK(wanted.remarks[0].find("'grpc' is not supported") != std::string::npos);
}

TEST_CASE("what cannot be read is refused by the name of its variable and secrets are not repeated") {
  const std::string endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
  CHECK(fault({{endpoint, "collector:4318"}}).starts_with("OTEL_EXPORTER_OTLP_ENDPOINT is not "));
  CHECK(fault({{"OTEL_TRACES_EXPORTER", "zipkin"}}).starts_with("OTEL_TRACES_EXPORTER: 'zipkin'"));
  for (const std::string name :
       {"OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"})
    for (const std::string value : {"-1", "0", "ten", "1.5", "99999999999999999999"}) {
      CAPTURE(name);
      CAPTURE(value);
      CHECK(fault({{endpoint, "http://c"}, {name, value}}).starts_with(name + ": '" + value + "'"));
    }
  for (const std::string value : {"HIDDEN", "=HIDDEN", "a=HIDDEN%2", "a=HIDDEN%0A"}) {
    CAPTURE(value);
    const auto message = fault({{endpoint, "http://c"}, {"OTEL_EXPORTER_OTLP_HEADERS", value}});
    CHECK(message.starts_with("OTEL_EXPORTER_OTLP_HEADERS: "));
    CHECK(message.find("HIDDEN") == std::string::npos);
  }
}
