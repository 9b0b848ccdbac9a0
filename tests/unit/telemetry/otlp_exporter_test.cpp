#include "telemetry/otlp_exporter.hpp"

#include "base/system/log.hpp"
#include "support/network/authorities.hpp"
#include "support/network/loopback.hpp"
#include "support/network/receiver.hpp"
#include "support/network/tls_receiver.hpp"

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// An exporter to a collector that does as a script says.
class Exporting {
 public:
  explicit Exporting(Receiver::Script script) : collector{std::move(script)} {
    open(collector.url("/v1/traces"));
  }
  explicit Exporting(const std::string& url, const std::string& certificates = {}) {
    open(url, certificates);
  }

  std::size_t send() { return exporter->send(R"({"resourceSpans":[]})", 10); }
  void stop() { stop_.request_stop(); }
  std::string said() const { return text_.str(); }

  Receiver collector;
  std::unique_ptr<telemetry::OtlpExporter> exporter;

 private:
  void open(const std::string& url, const std::string& certificates = {}) {
    telemetry::OtlpOptions options;
    options.url = url;
    options.certificates = certificates;
    options.headers.emplace_back("api-key", Secret{"k"});
    options.timeout = 60s;
    options.patience = 60s;
    options.backoff = 1ms;
    log_->set_formatter(log_formatter(LogOptions::Format::text));
    exporter = telemetry::OtlpExporter::make(std::move(options), log_, stop_.get_token()).value();
  }

  std::stop_source stop_;
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> log_ =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
};

Receiver::Script always(int status, const std::string& body = "{}") {
  return [=](const Received&, std::size_t) {
    Answer answer;
    answer.status = status;
    answer.body = body;
    return answer;
  };
}

/// The first request is answered so, those that follow with 200.
Receiver::Script first(Answer answer) {
  return [answer](const Received& request, std::size_t) {
    Answer good;
    good.body = "{}";
    return request.number == 0 ? answer : good;
  };
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

TEST_CASE("spans are posted as JSON with the headers that were asked for and on one connection") {
  Exporting exporting{always(200)};
  CHECK(exporting.send() == 0);
  CHECK(exporting.send() == 0);
  const auto received = exporting.collector.received();
  REQUIRE(received.size() == 2);
  CHECK(received[0].method == "POST");
  CHECK(received[0].target == "/v1/traces");
  CHECK(received[0].header("content-type") == "application/json");
  CHECK(received[0].header("api-key") == "k");
  CHECK(received[0].body == R"({"resourceSpans":[]})");
  CHECK(exporting.collector.connections() == 1);
  CHECK(exporting.said().empty());
}

TEST_CASE("what asks for patience is tried again until it takes the spans") {
  for (const int status : {429, 502, 503, 504}) {
    CAPTURE(status);
    Answer busy;
    busy.status = status;
    Exporting exporting{first(busy)};
    CHECK(exporting.send() == 0);
    CHECK(exporting.collector.count() == 2);
    CHECK(exporting.exporter->lost() == 0);
  }
}

TEST_CASE("what refuses spans for good loses them and is told of once") {
  for (const int status : {301, 400, 401, 404, 500}) {
    CAPTURE(status);
    Exporting exporting{always(status)};
    CHECK(exporting.send() == 10);
    CHECK(exporting.send() == 10);
    CHECK(exporting.collector.count() == 2);
    CHECK(exporting.exporter->lost() == 20);
    CHECK(lines_in(exporting.said()) == 1);
    CHECK(exporting.said().find("HTTP " + std::to_string(status)) != std::string::npos);
  }
}

TEST_CASE("a partial success loses as many as it says") {
  Exporting exporting{always(200, R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}})")};
  CHECK(exporting.send() == 3);
  CHECK(exporting.said().find("rejected 3 span(s): too old") != std::string::npos);
  Exporting warned{always(200, R"({"partialSuccess":{}})")};
  CHECK(warned.send() == 0);
}

TEST_CASE("an answer that is rubbish or none loses the spans and nothing else") {
  Exporting rubbish{always(200, "<html>welcome</html>")};
  CHECK(rubbish.send() == 10);
  CHECK(rubbish.said().find("its answer is not JSON") != std::string::npos);

  Answer broken;
  broken.raw = "I am no HTTP server\r\n\r\n";
  broken.last = true;
  Exporting no_http{first(broken)};
  CHECK(no_http.send() == 10);

  Answer endless;
  endless.manner = Answer::Manner::endless;
  Exporting flood{first(endless)};
  CHECK(flood.send() == 10);
}

TEST_CASE("one that is not there is tried again until somebody is in a hurry") {
  std::uint16_t port = 0;
  {
    const Fd taken = listen_at("127.0.0.1", 0);
    port = port_of(taken);
  }
  Exporting exporting{"http://127.0.0.1:" + std::to_string(port) + "/v1/traces"};
  std::jthread in_a_hurry{[&] {
    std::this_thread::sleep_for(50ms);  // some tries; what is waited for is the end
    exporting.exporter->hurry();
  }};
  CHECK(exporting.send() == 10);
  CHECK(exporting.said().find("it cannot be reached") != std::string::npos);
}

TEST_CASE("a request to stop ends one that never answers") {
  Answer held;
  held.manner = Answer::Manner::held;
  Exporting exporting{first(held)};
  std::jthread stopping{[&] {
    exporting.collector.wait_for(1);
    exporting.stop();
  }};
  CHECK(exporting.send() == 10);
  CHECK(exporting.said().empty());
}

TEST_CASE("authorities that are given for the collector replace those of the system") {
  const TlsReceiver collector{{.status = 200}}, other;
  const auto before = directories_trusted();
  CHECK(Exporting{collector.url(), collector.certificate()}.send() == 0);
  CHECK(collector.count() == 1);
  CHECK(Exporting{collector.url(), other.certificate()}.send() == 10);
  CHECK(collector.count() == 1);
  CHECK(directories_trusted() == before);
}

TEST_CASE("a collector that asks to be left alone for ages costs no overflow") {
  Exporting exporting{[](const Received&, std::size_t) {
    Answer answer;
    answer.status = 503;
    answer.headers = {{"Retry-After", "9223372036854775807"}};
    return answer;
  }};
  CHECK(exporting.send() == 10);
  CHECK(exporting.collector.count() == 1);
}
