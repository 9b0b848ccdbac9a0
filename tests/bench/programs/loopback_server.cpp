// The server that both clients of the benchmark talk to: HTTP/1.1 with keep-alive on one thread, answering
// every request with an empty 200. It does as little as can be done, so that what is measured is the client.
//
//   --latency-ms N      answers each request so much after it came (default 0)
//   --hosts N           listens at 127.0.0.1 to 127.0.0.N, all on one port (default 1)
//   --port N            0 is a free one (default 0)
//   --tls FILE          https by TLS 1.3, with the certificate and the key in that file, PEM
//
// Prints the port as its first line; on SIGUSR1 what it has counted since the last one, as a line of JSON; on
// SIGTERM it ends.

#include "base/system/fd.hpp"
#include "bench/arguments.hpp"
#include "bench/programs/tls_server.hpp"
#include "support/network/loopback.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

namespace dispatch::bench {
namespace {

using test::accept_at, test::checked, test::listen_at, test::port_of;

constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// The length of the first request in `bytes`; nothing while it is not there whole.
std::optional<std::size_t> request_length(std::string_view bytes) {
  const auto head = bytes.find("\r\n\r\n");
  if (head == std::string_view::npos) return std::nullopt;
  constexpr std::string_view name = "\r\ncontent-length:";
  std::size_t body = 0;
  for (auto line = bytes.find("\r\n"); line < head; line = bytes.find("\r\n", line + 2))
    if (::strncasecmp(bytes.data() + line, name.data(), name.size()) == 0)
      body = std::strtoul(bytes.data() + line + name.size(), nullptr, 10);
  const std::size_t length = head + 4 + body;
  return length <= bytes.size() ? std::optional{length} : std::nullopt;
}

using Steady = std::chrono::steady_clock;

std::int64_t nanoseconds(Steady::time_point time) {
  return std::chrono::nanoseconds{time.time_since_epoch()}.count();
}

/// What came since the last report.
struct Counts {
  std::uint64_t requests = 0;
  std::uint64_t most_open = 0;  ///< connections at a time
  Steady::time_point first;     ///< request
  Steady::time_point last;
};

class Server {
 public:
  struct Options {
    std::uint32_t hosts = 1;
    std::uint16_t port = 0;
    std::chrono::milliseconds latency{0};
    std::string identity;  ///< the certificate and its key, PEM; empty: without TLS
  };
  explicit Server(const Options& options) : latency_(options.latency) {
    if (!options.identity.empty()) tls_.emplace(options.identity);
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    signals_ = Fd{checked(::signalfd(-1, &signals, SFD_CLOEXEC), "signalfd")};
    watch(signals_.get());
    watch(timer_.get());
    port_ = options.port;
    for (std::uint32_t host = 1; host <= options.hosts; ++host) {
      listeners_.push_back(listen_at(fmt::format("127.0.0.{}", host), port_));
      port_ = port_of(listeners_.back());
      watch(listeners_.back().get());
    }
  }

  std::uint16_t port() const { return port_; }

  /// Until it is told to end.
  void run() {
    std::array<epoll_event, 256> events;
    while (true) {
      const int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == signals_.get()) {
          if (told_to_end()) return;
        } else if (fd == timer_.get())
          answer_due();
        else if (const Fd* const listener = listener_with(fd))
          accept_all(*listener);
        else
          read(fd);
      }
    }
  }

 private:
  struct Connection {
    Fd fd;
    std::uint64_t serial = 0;  // descriptors are used again, serials are not
    std::string partial;
    TlsSession session;  // none: without TLS
  };
  struct Owed {
    Steady::time_point due;
    int fd;
    std::uint64_t serial;
  };

  bool told_to_end() {
    signalfd_siginfo signal{};
    if (::read(signals_.get(), &signal, sizeof signal) != sizeof signal) return false;
    if (signal.ssi_signo != SIGUSR1) return true;
    const auto counts = std::exchange(counts_, Counts{});
    counts_.most_open = open_;
    fmt::print("{{\"requests\":{},\"most_open\":{},\"first_ns\":{},\"last_ns\":{}}}\n", counts.requests,
               counts.most_open, nanoseconds(counts.first), nanoseconds(counts.last));
    std::fflush(stdout);
    return false;
  }

  const Fd* listener_with(int fd) const {
    if (fd > listeners_.back().get()) return nullptr;  // as nearly every connection
    const auto found =
        std::find_if(listeners_.begin(), listeners_.end(), [=](const Fd& one) { return one.get() == fd; });
    return found == listeners_.end() ? nullptr : &*found;
  }

  void accept_all(const Fd& listener) {
    while (Fd fd = accept_at(listener)) {
      watch(fd.get());
      const auto index = static_cast<std::size_t>(fd.get());
      if (index >= connections_.size()) connections_.resize(index * 2 + 1);
      auto session = tls_ ? tls_->new_session(fd.get()) : nullptr;
      connections_[index] = {std::move(fd), ++last_serial_, {}, std::move(session)};
      counts_.most_open = std::max(counts_.most_open, ++open_);
    }
  }

  void read(int fd) {
    auto& connection = connections_[static_cast<std::size_t>(fd)];
    do {
      const auto got = receive(connection);
      if (!got) return;
      if (*got == 0) {
        connection = {};
        --open_;
        return;
      }
      take(connection, {buffer_.data(), *got});
    } while (connection.session && SSL_pending(connection.session.get()) > 0);
  }

  /// How many bytes have come, 0 at the end; nothing where none are there yet.
  std::optional<std::size_t> receive(const Connection& connection) {
    if (connection.session) return TlsServer::read(connection.session.get(), buffer_);
    const ssize_t got = ::recv(connection.fd.get(), buffer_.data(), buffer_.size(), 0);
    if (got < 0 && errno == EAGAIN) return std::nullopt;
    return got < 0 ? 0 : static_cast<std::size_t>(got);
  }

  void take(Connection& connection, std::string_view news) {
    const bool whole = connection.partial.empty();
    if (!whole) connection.partial += news;
    std::string_view bytes = whole ? news : std::string_view{connection.partial};
    std::size_t used = 0;
    while (const auto length = request_length(bytes.substr(used))) {
      used += *length;
      count();
      owe(connection);
    }
    if (whole)
      connection.partial = bytes.substr(used);
    else if (used > 0)
      connection.partial.erase(0, used);
  }

  void count() {
    counts_.last = Steady::now();
    if (counts_.requests++ == 0) counts_.first = counts_.last;
  }

  void owe(const Connection& connection) {
    if (latency_.count() == 0) return send(connection);
    // All wait equally long, so the queue is in the order in which they are due.
    owed_.push_back({Steady::now() + latency_, connection.fd.get(), connection.serial});
    if (owed_.size() == 1) arm_timer();
  }

  void answer_due() {
    std::uint64_t expirations = 0;
    if (::read(timer_.get(), &expirations, sizeof expirations) < 0) return;
    const auto now = Steady::now();
    for (; !owed_.empty() && owed_.front().due <= now; owed_.pop_front()) {
      const auto& owed = owed_.front();
      const auto& connection = connections_[static_cast<std::size_t>(owed.fd)];
      if (connection.serial == owed.serial) send(connection);
    }
    if (!owed_.empty()) arm_timer();
  }

  void arm_timer() {
    const auto due = owed_.front().due.time_since_epoch();  // steady_clock is CLOCK_MONOTONIC
    const auto seconds = std::chrono::floor<std::chrono::seconds>(due);
    const std::chrono::nanoseconds rest = due - seconds;
    itimerspec when{};
    when.it_value = {seconds.count(), rest.count()};
    checked(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr), "timerfd_settime");
  }

  static void send(const Connection& connection) {
    // So small an answer always fits the socket's buffer; where the client has gone, its end is read next.
    if (connection.session) return TlsServer::write(connection.session.get(), answer);
    [[maybe_unused]] const auto sent =
        ::send(connection.fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    checked(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }

  const std::chrono::milliseconds latency_;
  std::optional<TlsServer> tls_;
  Fd epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
  Fd timer_{checked(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create")};
  Fd signals_;
  std::vector<Fd> listeners_;
  std::uint16_t port_ = 0;
  std::vector<Connection> connections_;  // by descriptor
  std::deque<Owed> owed_;
  std::array<char, 64 * 1024> buffer_;
  std::uint64_t last_serial_ = 0;
  std::uint64_t open_ = 0;
  Counts counts_;
};

}  // namespace
}  // namespace dispatch::bench

int main(int argc, char** argv) {
  using namespace dispatch::bench;
  return run_program("loopback_server", argc, argv, [](Arguments& arguments) {
    Server::Options options;
    options.latency = std::chrono::milliseconds{arguments.number("latency-ms", 0)};
    options.hosts = static_cast<std::uint32_t>(arguments.number("hosts", 1));
    options.port = static_cast<std::uint16_t>(arguments.number("port", 0));
    options.identity = arguments.text("tls", "");
    arguments.done();
    if (options.hosts < 1 || options.hosts > 254) throw std::invalid_argument{"--hosts: 1 to 254"};
    Server server{options};
    fmt::print("{}\n", server.port());
    std::fflush(stdout);
    server.run();
    return 0;
  });
}
