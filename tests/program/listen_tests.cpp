#include "base/fd.hpp"
#include "program/child.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <string>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// The port that a listener says it has; 0 where it says none.
std::uint16_t port_of(const Child& listener) {
  if (!listener.err().wait_for("\n")) return 0;
  const auto said = listener.err().text();
  const std::string before = "listening on http://127.0.0.1:";
  const auto at = said.find(before);
  if (at == std::string::npos) return 0;
  std::uint16_t port = 0;
  std::from_chars(said.data() + at + before.size(), said.data() + said.size(), port);
  return port;
}

/// Posts as dispatch does and returns all that is answered.
std::string post(std::uint16_t port, const std::string& id, int sequence) {
  const Fd connection{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const timeval bound{30, 0};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(connection.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
  const std::string request =
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n"
      "Idempotency-Key: \"" +
      id + "\"\r\nX-Dispatch-Event-ID: " + id +
      "\r\nX-Dispatch-Entity-ID: X\r\nX-Dispatch-Attempt: 1\r\nX-Dispatch-Sequence: " +
      std::to_string(sequence) + "\r\n\r\n{}";
  REQUIRE(::send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size()));
  std::string answer(4096, '\0');
  std::size_t size = 0;
  for (ssize_t got = 1; got > 0 && size < answer.size(); size += static_cast<std::size_t>(got))
    got = std::max<ssize_t>(::recv(connection.get(), answer.data() + size, answer.size() - size, 0), 0);
  answer.resize(size);
  return answer;
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
  CHECK(out.find("Z 500 evt-2 X 2 attempt 1 2 B new\n") != std::string::npos);
  CHECK(out.find("Z 200 evt-2 X 2 attempt 1 2 B retry\n") != std::string::npos);
  CHECK(out.find("Z 200 evt-2 X 2 attempt 1 2 B duplicate\n") != std::string::npos);
  CHECK(out.find("Z 500 evt-1 X 1 attempt 1 2 B out of order\n") != std::string::npos);
  CHECK(listener.err().all().find("4 requests, 1 events completed, 2 failed on purpose, 1 retries, "
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
    CHECK(listener.err().all().find("1 requests, 1 events completed") != std::string::npos);
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
