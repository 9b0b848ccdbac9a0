// What a server sends, through libcurl to an outcome: an answer is what was really answered, once, and
// everything else is told as what it was.

#include "base/clock.hpp"
#include "base/system/fd.hpp"
#include "delivery/http/multi_loop.hpp"
#include "delivery/http/tls_sessions.hpp"
#include "delivery/http/transfer.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"
#include "support/network/loopback.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <string>

#include <fmt/format.h>
#include <sys/socket.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;

namespace {

constexpr int turns_most = 20'000;
constexpr std::uint64_t ticket = 17;

HttpOptions options() {
  HttpOptions options;
  options.timeout = std::chrono::seconds{10};
  options.headers_most = 2048;
  options.body_most = 4096;
  options.excerpt_most = 64;
  return options;
}

/// A server of one connection, driven between the turns of the client's loop, on the same thread.
class Server {
 public:
  std::string url() const { return fmt::format("http://127.0.0.1:{}/", port_of(listener_)); }

  /// What the next connection is answered with, `step` bytes at each turn.
  void begin(std::string_view answer, std::size_t step) {
    connection_ = Fd{};
    request_.clear();
    rest_ = answer;
    step_ = step;
    ended_ = false;
  }

  void turn() {
    if (!connection_) {
      connection_ = accept_at(listener_);
      if (!connection_) return;
    }
    std::array<char, 4096> bytes{};
    const auto got = ::recv(connection_.get(), bytes.data(), bytes.size(), 0);
    if (got > 0) request_.append(bytes.data(), static_cast<std::size_t>(got));
    if (!request_.ends_with("payload") || ended_) return;
    const auto piece = rest_.substr(0, step_);
    const auto sent = ::send(connection_.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
    if (sent > 0) rest_.remove_prefix(static_cast<std::size_t>(sent));
    if (rest_.empty() || (sent < 0 && errno != EAGAIN)) {
      ::shutdown(connection_.get(), SHUT_WR);
      ended_ = true;
    }
  }

  /// The connection is reset, so that thousands of them leave no port in TIME_WAIT.
  void end() {
    if (!connection_) return;
    const linger now{1, 0};
    ::setsockopt(connection_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    connection_ = Fd{};
  }

 private:
  const Fd listener_ = listen_at("127.0.0.1", 0);
  Fd connection_;
  std::string request_;
  std::string_view rest_;
  std::size_t step_ = 1;
  bool ended_ = false;
};

Outcome attempt(Server& server, std::string_view answer, std::size_t step) {
  static const HttpOptions limits = options();
  static const SystemClock clock;
  const auto loop = MultiLoop::open(4).value();
  std::optional<Report> report;
  {
    AddressMemory addresses{limits.connection_lifetime};
    TlsSessions sessions;
    SystemRandom random;
    const auto transfer = Transfer::make({limits, *loop, addresses, sessions, random}).value();
    Outgoing outgoing;
    outgoing.ticket = ticket;
    outgoing.url = server.url();
    outgoing.event_id = "e";
    outgoing.payload = "payload";
    server.begin(answer, step);
    PROPERTY(transfer->start(std::move(outgoing), clock.wall()).has_value());
    for (int turn = 0; !report; ++turn) {
      PROPERTY(turn < turns_most);
      loop->wait(std::chrono::milliseconds{0});
      loop->act();
      server.turn();
      int left = 0;
      if (const CURLMsg* message = curl_multi_info_read(loop->multi(), &left); message != nullptr)
        report = transfer->finish(message->data.result, clock);
    }
  }
  server.end();
  loop->close();
  PROPERTY(report->ticket == ticket);
  return std::move(report->outcome);
}

std::optional<int> status_in(std::string_view line) {
  if (!line.starts_with("HTTP/")) return std::nullopt;
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  line.remove_prefix(std::min(line.find_first_not_of(' ', space), line.size()));
  const auto code = line.substr(0, line.find_first_of(" \r\t"));
  if (code.size() != 3 || code.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  return (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
}

/// The statuses of all lines that could be one.
std::set<int> statuses_in(std::string_view answer) {
  std::set<int> statuses;
  while (!answer.empty()) {
    const auto end = std::min(answer.find('\n'), answer.size());
    if (const auto status = status_in(answer.substr(0, end))) statuses.insert(*status);
    answer.remove_prefix(std::min(end + 1, answer.size()));
  }
  return statuses;
}

/// The status of an answer that nobody can read differently; nothing where it is not so simple.
std::optional<int> plain_status(std::string_view answer) {
  const auto head_end = answer.find("\r\n\r\n");
  if (head_end == std::string_view::npos || head_end > 1024) return std::nullopt;
  const auto head = answer.substr(0, head_end + 2);
  const auto line = head.substr(0, head.find("\r\n"));
  const auto status = status_in(line);
  if (!line.starts_with("HTTP/1.1 ") || !status || *status < 200 || *status == 401 || *status == 407)
    return std::nullopt;
  for (auto rest = head.substr(line.size() + 2); !rest.empty();) {
    const auto field = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(field.size() + 2);
    if (!field.starts_with("X-") || field.find(':') == std::string_view::npos) return std::nullopt;
  }
  const bool text = std::all_of(head.begin(), head.end(),
                                [](char c) { return (c >= ' ' && c < '\x7f') || c == '\r' || c == '\n'; });
  if (!text || std::count(head.begin(), head.end(), '\n') != std::count(head.begin(), head.end(), '\r'))
    return std::nullopt;
  for (std::size_t at = head.find('\r'); at != std::string_view::npos; at = head.find('\r', at + 1))
    if (head[at + 1] != '\n') return std::nullopt;
  return status;
}

void check(const Outcome& outcome, std::string_view answer) {
  PROPERTY(outcome.kind == OutcomeKind::answered || outcome.kind == OutcomeKind::broken);
  PROPERTY(outcome.excerpt.size() <= 64);
  if (outcome.kind == OutcomeKind::answered) {
    PROPERTY(outcome.error.empty());
    PROPERTY(outcome.status >= 200 && statuses_in(answer).contains(outcome.status));
  } else {
    PROPERTY(outcome.status == 0 && !outcome.error.empty() && outcome.excerpt.empty());
    PROPERTY(std::all_of(outcome.error.begin(), outcome.error.end(),
                         [](char c) { return c >= ' ' && c < '\x7f'; }));
  }
  if (outcome.retry_after) {
    PROPERTY(outcome.status < 200 || outcome.status > 299);
    PROPERTY(*outcome.retry_after >= std::chrono::microseconds{0});
  }
  if (const auto status = plain_status(answer)) PROPERTY(outcome.status == *status);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Server server;
  Input input{data, size};
  const std::size_t step = 1 + std::size_t{8} * input.byte();
  check(attempt(server, input.rest(), step), input.rest());
  return 0;
}
