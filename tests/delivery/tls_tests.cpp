#include "delivery/http/http_transport.hpp"
#include "support/collected_reports.hpp"
#include "support/fakes.hpp"
#include "support/tls_receiver.hpp"

#include <string>

#include <doctest/doctest.h>
#include <openssl/ssl.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;

namespace {

Outcome attempt(const TlsReceiver& receiver, const std::string& ca_file) {
  ManualClock clock;
  CollectedReports reports;
  HttpOptions options;
  options.ca_file = ca_file;
  const auto transport = HttpTransport::start(options, reports, clock).value();
  std::vector<Outgoing> batch(1);
  batch[0].url = receiver.url();
  batch[0].event_id = "evt-1";
  batch[0].payload = "{}";
  transport->send(std::move(batch));
  REQUIRE(reports.wait_for(1));
  return reports.all().front().outcome;
}

}  // namespace

TEST_CASE("a server whose certificate is trusted is delivered to") {
  const TlsReceiver receiver;
  const auto outcome = attempt(receiver, receiver.certificate());
  CHECK(outcome.kind == OutcomeKind::answered);
  CHECK(outcome.status == 500);
  CHECK(outcome.timings.tls_ready);
  CHECK(receiver.count() == 1);
}

TEST_CASE("a server whose certificate nobody trusts gets no request") {
  const TlsReceiver receiver;
  const auto outcome = attempt(receiver, "");
  CHECK(outcome.kind == OutcomeKind::connect_error);
  CHECK(outcome.error.find("certificate") != std::string::npos);
  CHECK(receiver.count() == 0);
}

TEST_CASE("a server whose certificate is another host's gets no request") {
  const TlsReceiver receiver{{.certified_address = "127.0.0.2"}};
  const auto outcome = attempt(receiver, receiver.certificate());
  CHECK(outcome.kind == OutcomeKind::connect_error);
  CHECK(receiver.count() == 0);
}

TEST_CASE("a server that speaks no TLS newer than 1.1 gets no request") {
  const TlsReceiver receiver{{.version_most = TLS1_1_VERSION}};
  const auto outcome = attempt(receiver, receiver.certificate());
  CHECK(outcome.kind == OutcomeKind::connect_error);
  CHECK(receiver.count() == 0);
}
