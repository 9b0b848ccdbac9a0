#include "base/crypto/hmac.hpp"
#include "support/network/loopback.hpp"
#include "system/program/child.hpp"

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>

#include <doctest/doctest.h>
#include <fmt/ranges.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// The port that a listener says it has; 0 where it says none.
std::uint16_t port_of(const Child& listener) {
  const std::string before = "listening on http://127.0.0.1:";
  if (!listener.err().wait_for(before)) return 0;  // a warning may come before it
  const auto said = listener.err().text();
  const auto at = said.find(before);
  if (at == std::string::npos) return 0;
  std::uint16_t port = 0;
  std::from_chars(said.data() + at + before.size(), said.data() + said.size(), port);
  return port;
}

/// Posts as dispatch does and returns all that is answered. `fields` are further header lines.
std::string post(std::uint16_t port, const std::string& id, int sequence, const std::string& fields = {},
                 const std::string& body = "{}") {
  const std::string request =
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n"
      "Idempotency-Key: \"" +
      id + "\"\r\nX-Dispatch-Event-ID: " + id +
      "\r\nX-Dispatch-Entity-ID: X\r\nX-Dispatch-Attempt: 1\r\nX-Dispatch-Sequence: " +
      std::to_string(sequence) + "\r\n" + fields + "\r\n" + body;
  return ask(port, request);
}

/// The header lines of a body that was signed at `time`.
std::string signature(const std::string& secret, std::chrono::system_clock::time_point time,
                      const std::string& body = "{}") {
  const auto seconds = std::to_string(std::chrono::system_clock::to_time_t(time));
  return "X-Dispatch-Timestamp: " + seconds + "\r\nX-Dispatch-Signature: " +
         fmt::format("v1={:02x}", fmt::join(hmac_sha256(secret, seconds + "." + body), "")) + "\r\n";
}

}  // namespace

TEST_CASE("a listener prints what arrives with its verdict and ends after the number it was told") {
  const TempDir directory;
  Child listener{directory, {"listen", "--port", "0", "--count", "4", "--fail-first", "1"}};
  const auto port = port_of(listener);
  REQUIRE(port != 0);
  CHECK(post(port, "evt-2", 2).starts_with("HTTP/1.1 500 "));
  CHECK(post(port, "evt-2", 2).starts_with("HTTP/1.1 200 "));
  CHECK(post(port, "evt-2", 2).starts_with("HTTP/1.1 200 "));
  CHECK(post(port, "evt-1", 1).starts_with("HTTP/1.1 500 "));
  CHECK(listener.exit_code() == 0);
  const auto out = listener.out().all();
  CHECK(out.find("Z 500 / evt-2 X 2 attempt 1 2 B new\n") != std::string::npos);
  CHECK(out.find("Z 200 / evt-2 X 2 attempt 1 2 B retry\n") != std::string::npos);
  CHECK(out.find("Z 200 / evt-2 X 2 attempt 1 2 B duplicate\n") != std::string::npos);
  CHECK(out.find("Z 500 / evt-1 X 1 attempt 1 2 B out of order\n") != std::string::npos);
  CHECK(listener.err().all().find("4 requests, 1 deliveries completed, 2 failed on purpose, 1 retries, "
                                  "1 duplicates, 1 out of order, 0 repeated numbers") != std::string::npos);
}

TEST_CASE("a listener ends with 0 and a summary when it is told to by a signal") {
  for (const int signal : {SIGTERM, SIGINT}) {
    const TempDir directory;
    Child listener{directory, {"listen", "--port", "0", "--quiet"}};
    const auto port = port_of(listener);
    REQUIRE(port != 0);
    CHECK(post(port, "evt-1", 1).starts_with("HTTP/1.1 200 "));
    listener.signal(signal);
    CHECK(listener.exit_code() == 0);
    CHECK(listener.out().all().empty());
    CHECK(listener.err().all().find("1 requests, 1 deliveries completed") != std::string::npos);
  }
}

TEST_CASE("a listener whose port is taken says so and exits with 1") {
  const TempDir directory;
  Child first{directory, {"listen", "--port", "0"}};
  const auto port = port_of(first);
  REQUIRE(port != 0);
  const auto second = run_dispatch(directory, {"listen", "--port", std::to_string(port)});
  CHECK(second.exit_code == 1);
  CHECK(second.err.find("Address already in use") != std::string::npos);
}

TEST_CASE("a listener with secrets takes what is signed with one of them and nothing else") {
  const TempDir directory;
  Child listener{directory,
                 {"listen", "--port", "0", "--count", "6", "--tolerance", "10m", "--secret-file",
                  directory.write("new", "the newest secret of all\n"), "--secret-file",
                  directory.write("old", "the older secret of two\n")}};
  const auto port = port_of(listener);
  REQUIRE(port != 0);
  const auto now = std::chrono::system_clock::now();
  const auto status = [&](const std::string& fields, const std::string& body = "{}") {
    return post(port, "evt-1", 1, fields, body).substr(9, 3);
  };
  CHECK(status(signature("the older secret of two", now - std::chrono::minutes{9})) == "200");
  CHECK(status(signature("the newest secret of all", now)) == "200");
  CHECK(status(signature("the newest secret of all", now), "{ }") == "401");
  CHECK(status(signature("the newest secret of all", now - std::chrono::minutes{11})) == "401");
  CHECK(status(signature("another secret", now)) == "401");
  CHECK(status("") == "401");
  CHECK(listener.exit_code() == 0);
  const auto lines = lines_of(listener.out().all());
  REQUIRE(lines.size() == 6);
  CHECK(lines[0].ends_with(" 200 / evt-1 X 1 attempt 1 2 B new"));
  CHECK(lines[1].ends_with(" 200 / evt-1 X 1 attempt 1 2 B duplicate"));
  CHECK(lines[2].ends_with(" 401 / evt-1 X 1 attempt 1 3 B not verified: X-Dispatch-Signature is wrong"));
  CHECK(lines[3].ends_with(" not verified: X-Dispatch-Timestamp is too old"));
  CHECK(lines[4].ends_with(" not verified: X-Dispatch-Signature is wrong"));
  CHECK(lines[5].ends_with(" not verified: not signed"));
  const auto said = listener.err().all();
  CHECK(has(said, "6 requests, 1 deliveries completed"));
  CHECK(has(said, ", 4 not verified"));
  CHECK_FALSE(has(said, "the newest secret of all"));
}

TEST_CASE("a listener whose secret cannot be used says why and exits with 2") {
  const TempDir directory;
  const auto none = run_dispatch(directory, {"listen", "--port", "0", "--secret-file", "none"});
  CHECK(none.exit_code == 2);
  CHECK(has(none.err, "cannot read the secret file none: No such file or directory"));
  const auto short_one =
      run_dispatch(directory, {"listen", "--port", "0", "--secret-file", directory.write("s", "hidden\n")});
  CHECK(short_one.exit_code == 2);
  CHECK_FALSE(has(short_one.err, "hidden"));
}
