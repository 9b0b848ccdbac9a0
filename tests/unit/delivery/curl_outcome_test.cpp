#include "delivery/http/curl_outcome.hpp"

#include "delivery/http/curl.hpp"

#include <cerrno>

#include <doctest/doctest.h>
#include <openssl/x509_vfy.h>

using dispatch::OutcomeKind;
using dispatch::delivery::explain_failure;
using dispatch::delivery::kind_of_failure;
using dispatch::delivery::remembers_freed_header;
using namespace std::chrono_literals;

TEST_CASE("a failure before the request went out is a connect error and after it a broken one") {
  for (const auto code : {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR,
                          CURLE_PEER_FAILED_VERIFICATION, CURLE_INTERFACE_FAILED})
    CHECK(kind_of_failure(code, false) == OutcomeKind::connect_error);
  for (const auto code : {CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE,
                          CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL})
    CHECK(kind_of_failure(code, true) == OutcomeKind::broken);
}

TEST_CASE("what this machine lacks before the request went out is a failure of its own") {
  using dispatch::delivery::is_local_shortage;
  for (const auto code : {CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT}) {
    CHECK(kind_of_failure(code, false) == OutcomeKind::local_failure);
    CHECK(kind_of_failure(code, true) == OutcomeKind::broken);
  }
  for (const int error : {EMFILE, ENFILE, ENOMEM, ENOBUFS}) CHECK(is_local_shortage(error));
  for (const int error : {0, ECONNREFUSED, EHOSTUNREACH, EADDRNOTAVAIL})
    CHECK_FALSE(is_local_shortage(error));
}

TEST_CASE("a look-up that cannot begin is a failure of this machine and a name that is not known is none") {
  using dispatch::delivery::is_local_lookup_failure;
  CHECK(is_local_lookup_failure(CURLE_COULDNT_RESOLVE_HOST, "getaddrinfo() thread failed to start"));
  CHECK_FALSE(is_local_lookup_failure(CURLE_COULDNT_RESOLVE_HOST, "Could not resolve host: a.example"));
  CHECK_FALSE(is_local_lookup_failure(CURLE_COULDNT_CONNECT, "getaddrinfo() thread failed to start"));
}

TEST_CASE("running out of time is a timeout wherever it happens") {
  CHECK(kind_of_failure(CURLE_OPERATION_TIMEDOUT, false) == OutcomeKind::timeout);
  CHECK(kind_of_failure(CURLE_OPERATION_TIMEDOUT, true) == OutcomeKind::timeout);
}

TEST_CASE("a certificate that is not accepted is explained by what is wrong with it") {
  using dispatch::delivery::explain_distrust;
  CHECK(explain_distrust("x", X509_V_ERR_CERT_HAS_EXPIRED) == "the server's certificate has expired: x");
  CHECK(explain_distrust("x", X509_V_ERR_CERT_NOT_YET_VALID) ==
        "the server's certificate is not valid yet: x");
  CHECK(explain_distrust("x", X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY) ==
        "the server's certificate is from an authority that is not trusted (--cacert): x");
  CHECK(explain_distrust("x", X509_V_ERR_UNSPECIFIED) == "the server's certificate is for another host: x");
  CHECK(explain_distrust("x", X509_V_ERR_CERT_REVOKED) == "the server's certificate is not accepted: x");
}

TEST_CASE("an attempt whose time is up says how long it had and what it waited for") {
  using dispatch::delivery::explain_timeout;
  dispatch::AttemptTimings timings;
  CHECK(explain_timeout(1500ms, timings, false) ==
        "timed out after 1.5s, waiting for the address of the host's name");
  timings.name_resolved = 1us;
  CHECK(explain_timeout(5s, timings, false) == "timed out after 5s, waiting for a connection");
  timings.connected = 1us;
  CHECK(explain_timeout(5s, timings, false) == "timed out after 5s, waiting for TLS to be set up");
  CHECK(explain_timeout(5s, timings, true) == "timed out after 5s, waiting for an answer");
}

TEST_CASE("a URL that cannot be requested is refused") {
  CHECK(kind_of_failure(CURLE_URL_MALFORMAT, false) == OutcomeKind::refused);
  CHECK(kind_of_failure(CURLE_UNSUPPORTED_PROTOCOL, false) == OutcomeKind::refused);
}

TEST_CASE("a failure is explained in words of our own and by the details that say more") {
  CHECK(explain_failure(CURLE_COULDNT_CONNECT, "", 0) == "cannot connect");
  CHECK(explain_failure(CURLE_COULDNT_CONNECT,
                        "Failed to connect to a.test port 9 after 3 ms: Couldn't connect to server",
                        ECONNREFUSED) == "cannot connect: Connection refused");
  CHECK(explain_failure(CURLE_SSL_CONNECT_ERROR, "wrong version number", 0) ==
        "TLS could not be set up: wrong version number");
  CHECK(explain_failure(CURLE_WEIRD_SERVER_REPLY, "Invalid Content-Length: value", 0) ==
        "the answer is not valid HTTP: Invalid Content-Length: value");
  CHECK(explain_failure(CURLE_GOT_NOTHING, "Empty reply from server", 0) ==
        "the server closed the connection without an answer");
}

TEST_CASE("a reset is told as one whatever part of libcurl sees it first") {
  CHECK(explain_failure(CURLE_RECV_ERROR, "Recv failure: Connection reset by peer", 0) ==
        "the server reset the connection");
  CHECK(explain_failure(CURLE_SEND_ERROR, "Send failure: Connection reset by peer", 0) ==
        "the server reset the connection");
  CHECK(explain_failure(CURLE_SEND_ERROR, "select/poll returned error", 0) ==
        "the server reset the connection");
  CHECK(explain_failure(CURLE_SEND_ERROR, "Send failure: Broken pipe", 0) ==
        "the server closed the connection before the request was sent");
  CHECK(explain_failure(CURLE_RECV_ERROR, "", 0) == "the connection broke while an answer was awaited");
  CHECK(explain_failure(CURLE_RECV_ERROR, "CONNECT tunnel failed, response 407", 0) ==
        "the proxy did not connect to the server: CONNECT tunnel failed, response 407");
}

TEST_CASE("the versions of libcurl that remember a freed header are known") {
  CHECK_FALSE(remembers_freed_header(0x075200));
  CHECK(remembers_freed_header(0x075300));
  CHECK(remembers_freed_header(0x075801));
  CHECK(remembers_freed_header(0x080001));
  CHECK_FALSE(remembers_freed_header(0x080100));
}
