#include "support/disk/temp_dir.hpp"
#include "support/network/authorities.hpp"
#include "support/network/names.hpp"
#include "support/network/tls_receiver.hpp"
#include "unit/delivery/transport_fixture.hpp"

#include <cstdint>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <openssl/ssl.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;

namespace {

Outcome attempt(const TlsReceiver& receiver, const std::string& ca_file, const std::string& client = {}) {
  HttpOptions options;
  options.ca_file = ca_file;
  options.client_certificate = client;
  return TransportFixture{options}.attempt(event(receiver.url()));
}

/// A file with the certificates of two.
std::string both(const TlsReceiver& one, const TlsReceiver& other, const TempDir& directory) {
  const auto path = directory / "both.pem";
  std::ofstream file{path};
  for (const auto* receiver : {&one, &other}) file << std::ifstream{receiver->certificate()}.rdbuf();
  return path;
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
  CHECK(outcome.error ==
        "the server's certificate is from an authority that is not trusted (--cacert): SSL certificate "
        "problem: self-signed certificate");
  CHECK(receiver.count() == 0);
}

TEST_CASE("a server whose certificate has expired gets no request") {
  const TlsReceiver receiver{{.expires = std::chrono::seconds{-60}}};
  const auto outcome = attempt(receiver, receiver.certificate());
  CHECK(outcome.kind == OutcomeKind::connect_error);
  CHECK(outcome.error ==
        "the server's certificate has expired: SSL certificate problem: certificate has expired");
  CHECK(receiver.count() == 0);
}

TEST_CASE("a server that asks for a client certificate is shown it and gets no request without") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsReceiver receiver{{.version_most = version, .asks_client = true}};
    const auto known = attempt(receiver, receiver.certificate(), receiver.certificate());
    CHECK(known.status == 500);
    CHECK(receiver.count() == 1);
    const auto unknown = attempt(receiver, receiver.certificate());
    CHECK(unknown.kind != OutcomeKind::answered);
    CHECK(unknown.error.ends_with("; the server asked for a client certificate (--cert)"));
    CHECK(receiver.count() == 1);
    const TlsReceiver other;
    const auto wrong = attempt(receiver, receiver.certificate(), other.certificate());
    CHECK(wrong.kind != OutcomeKind::answered);
    CHECK(wrong.error.ends_with("asked for a client certificate and got the one in " +
                                other.certificate().string()));
    CHECK(receiver.count() == 1);
  }
}

TEST_CASE("a server whose certificate is another host's gets no request") {
  const TlsReceiver receiver{{.certified_address = "127.0.0.2"}};
  const auto outcome = attempt(receiver, receiver.certificate());
  CHECK(outcome.kind == OutcomeKind::connect_error);
  CHECK(outcome.error ==
        "the server's certificate is for another host: SSL: no alternative certificate subject name matches "
        "target host name '" +
            host_in_urls("127.0.0.1") + "'");
  CHECK(receiver.count() == 0);
}

TEST_CASE("a server that speaks no TLS newer than 1.1 gets no request") {
  const TlsReceiver receiver{{.version_most = TLS1_1_VERSION}};
  const auto outcome = attempt(receiver, receiver.certificate());
  CHECK(outcome.kind == OutcomeKind::connect_error);
  CHECK(outcome.error.find("alert protocol version") != std::string::npos);
  CHECK(receiver.count() == 0);
}

TEST_CASE("authorities that are given replace those of the system") {
  const TlsReceiver receiver, other;
  const auto before = directories_trusted();
  CHECK(attempt(receiver, receiver.certificate()).status == 500);
  CHECK(attempt(receiver, other.certificate()).kind == OutcomeKind::connect_error);
  CHECK(directories_trusted() == before);
  CHECK(attempt(receiver, "").kind == OutcomeKind::connect_error);
  CHECK(directories_trusted() > before);
}

TEST_CASE("authorities that are given replace those of the system for a proxy too") {
  const TlsReceiver proxy;
  const auto before = directories_trusted();
  HttpOptions options;
  options.ca_file = proxy.certificate();
  options.proxy = proxy.url();
  CHECK(TransportFixture{options}.attempt(event("http://server.invalid/")).status == 500);
  CHECK(proxy.count() == 1);
  CHECK(directories_trusted() == before);
}

TEST_CASE("a new connection resumes the TLS session of an earlier one to its server") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    const TlsReceiver receiver{{.version_most = version, .status = 200}}, other{{.status = 200}};
    const TempDir directory;
    HttpOptions options;
    options.ca_file = both(receiver, other, directory);
    TransportFixture fixture{options};
    for (std::uint64_t i = 1; i <= 3; ++i)  // each answer closes its connection
      CHECK(fixture.attempt(event(receiver.url(), i)).status == 200);
    CHECK(receiver.handshakes() == 3);
    CHECK(receiver.resumed() == 2);
    for (std::uint64_t i = 4; i <= 13; ++i) fixture.send(event(receiver.url(), i));  // on ten handles
    REQUIRE(fixture.reports.wait_for(13));
    CHECK(receiver.handshakes() == 13);
    CHECK(receiver.resumed() == 12);
    CHECK(fixture.attempt(event(other.url(), 14)).status == 200);
    CHECK(other.handshakes() == 1);
    CHECK(other.resumed() == 0);
  }
}

TEST_CASE("a server is verified as strictly when a TLS session could be resumed") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    const TlsReceiver receiver{{.certified_address = "127.0.0.2", .version_most = version}};
    HttpOptions options;
    options.ca_file = receiver.certificate();
    TransportFixture fixture{options};
    for (std::uint64_t i = 1; i <= 3; ++i) {
      const auto outcome = fixture.attempt(event(receiver.url(), i));
      CHECK(outcome.kind == OutcomeKind::connect_error);
      CHECK(outcome.error.starts_with("the server's certificate is for another host"));
    }
    CHECK(receiver.count() == 0);
  }
}
