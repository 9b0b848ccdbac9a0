#include "support/network/receiver.hpp"

#include "base/system/fd.hpp"
#include "support/network/loopback.hpp"
#include "support/network/names.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace dispatch::test {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::uint64_t listener_tag = 0;
constexpr std::uint64_t wake_tag = 1;
constexpr std::uint64_t first_connection_tag = 2;
constexpr std::size_t endless_chunk_bytes = 16 * 1024;

/// What arrived and how it ended.
struct Book {
  std::vector<Received> requests;
  std::size_t open = 0, most_open = 0, ended = 0;
  std::size_t connections = 0, connected = 0, most_connected = 0;
};

/// The book, shared by the server's thread and the test's.
class RequestLog {
 public:
  /// Numbers the request and says how often its Idempotency-Key has come, this time included.
  std::size_t arrive(Received& request) {
    const std::scoped_lock lock{mutex_};
    request.number = book_.requests.size();
    request.arrived = Steady::now();
    book_.requests.push_back(kept_ ? trimmed(request) : request);
    book_.most_open = std::max(book_.most_open, ++book_.open);
    changed_.notify_all();
    return ++seen_[request.header("Idempotency-Key").value_or("")];
  }

  void keep_only(std::vector<std::string> fields) {
    const std::scoped_lock lock{mutex_};
    kept_ = std::move(fields);
  }

  void decide(std::uint64_t number, int status) {
    const std::scoped_lock lock{mutex_};
    book_.requests[number].status = status;
  }

  /// `when`: not later than the sender could know of it.
  void end(std::uint64_t number, Ending how, Steady::time_point when) {
    const std::scoped_lock lock{mutex_};
    auto& request = book_.requests[number];
    request.ending = how;
    request.ended = when;
    request.end_number = book_.ended++;
    --book_.open;
    changed_.notify_all();
  }

  void connect() {
    const std::scoped_lock lock{mutex_};
    ++book_.connections;
    book_.most_connected = std::max(book_.most_connected, ++book_.connected);
  }

  void disconnect() {
    const std::scoped_lock lock{mutex_};
    --book_.connected;
  }

  template <class Read>
  auto read(const Read& read) const {
    const std::scoped_lock lock{mutex_};
    return read(book_);
  }

  template <class Condition>
  bool wait(const Condition& condition, std::chrono::milliseconds timeout) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, timeout, [&] { return condition(book_); });
  }

 private:
  Received trimmed(const Received& request) const {
    Received trimmed;
    trimmed.number = request.number;
    trimmed.connection = request.connection;
    trimmed.arrived = request.arrived;
    for (const auto& field : *kept_)
      if (auto value = request.header(field)) trimmed.headers.emplace_back(field, std::move(*value));
    return trimmed;
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::optional<std::vector<std::string>> kept_;  // nothing: all
  Book book_;
  std::unordered_map<std::string, std::size_t> seen_;
};

/// Which request of which connection a timer is for.
struct Due {
  std::uint64_t tag = 0;
  std::uint64_t request = 0;
};

struct Connection {
  Fd fd;
  std::uint64_t number = 0;
  std::string in;
  std::string out;
  std::optional<std::uint64_t> request;  ///< the number of the one that is being answered
  Answer answer;
  bool keep_alive = true;
  bool started = false;        ///< something of the answer has been put out
  Steady::time_point wrote{};  ///< when the latest piece of it was begun
  std::size_t dripped = 0;
};

}  // namespace

class Receiver::Server {
 public:
  Server(Script script, const std::string& address, std::uint16_t port)
      : script_(std::move(script)),
        address_(address),
        listener_(listen_at(address, port)),
        port_(port_of(listener_)) {
    watch(EPOLL_CTL_ADD, listener_.get(), EPOLLIN, listener_tag);
    watch(EPOLL_CTL_ADD, wake_.get(), EPOLLIN, wake_tag);
    thread_ = std::thread{[this] { run(); }};
  }

  ~Server() {
    order([this] { stop_ = true; });
    thread_.join();
  }

  void release() {
    order([this] { released_ = true; });
  }

  const std::string& address() const { return address_; }
  std::uint16_t port() const { return port_; }
  const RequestLog& request_log() const { return request_log_; }
  RequestLog& request_log() { return request_log_; }

 private:
  template <class Change>
  void order(const Change& change) {
    {
      const std::scoped_lock lock{mutex_};
      change();
    }
    ::eventfd_write(wake_.get(), 1);
  }

  bool released() {
    const std::scoped_lock lock{mutex_};
    return released_;
  }

  bool stopped() {
    const std::scoped_lock lock{mutex_};
    return stop_;
  }

  void run() {
    std::array<epoll_event, 128> events;
    while (!stopped()) {
      const int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_ms());
      for (int i = 0; i < ready; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        if (event.data.u64 == listener_tag)
          accept_all();
        else if (event.data.u64 == wake_tag)
          wake_held();
        else
          stir(event.data.u64);
      }
      run_timers();
    }
  }

  int wait_ms() const {
    if (timers_.empty()) return -1;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first - Steady::now());
    return static_cast<int>(std::max<std::int64_t>(0, wait.count()));
  }

  void accept_all() {
    while (Fd fd = accept_at(listener_)) {
      const std::uint64_t tag = next_tag_++;
      watch(EPOLL_CTL_ADD, fd.get(), EPOLLIN, tag);
      auto& connection = connections_[tag];
      connection.fd = std::move(fd);
      connection.number = tag - first_connection_tag;
      request_log_.connect();
    }
  }

  void wake_held() {
    eventfd_t count = 0;
    ::eventfd_read(wake_.get(), &count);
    if (!released()) return;
    std::vector<std::uint64_t> held;
    for (const auto& [tag, connection] : connections_)
      if (connection.request && !connection.started && connection.answer.manner == Answer::Manner::held)
        held.push_back(tag);
    for (const auto tag : held) answer(tag);
  }

  /// Something can be read or written.
  void stir(std::uint64_t tag) {
    const auto found = connections_.find(tag);
    if (found == connections_.end()) return;
    auto& connection = found->second;
    if (!connection.out.empty() || endless(connection)) {
      if (!flush(tag, connection)) return;
    }
    if (!read_all(connection)) return drop(tag, Ending::left);
    if (!connection.request) serve(tag, connection);
  }

  /// False at the end of the connection.
  static bool read_all(Connection& connection) {
    std::array<char, 16 * 1024> bytes;
    while (true) {
      const ssize_t got = ::recv(connection.fd.get(), bytes.data(), bytes.size(), 0);
      if (got > 0)
        connection.in.append(bytes.data(), static_cast<std::size_t>(got));
      else
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    }
  }

  void serve(std::uint64_t tag, Connection& connection) {
    Received request;
    try {
      auto whole = take_request(connection.in);
      if (!whole) return;
      static_cast<WireRequest&>(request) = std::move(*whole);
    } catch (const std::runtime_error&) {
      return drop(tag, Ending::broken);
    }
    request.connection = connection.number;
    const std::size_t nth = request_log_.arrive(request);
    connection.request = request.number;
    connection.keep_alive = request.keep_alive;
    connection.answer = script_(request, nth);
    request_log_.decide(request.number, connection.answer.status);
    connection.started = false;
    connection.dripped = 0;
    if (connection.answer.delay.count() > 0)
      timers_.emplace(Steady::now() + connection.answer.delay, Due{tag, request.number});
    else
      start(tag, connection);
  }

  void start(std::uint64_t tag, Connection& connection) {
    switch (connection.answer.manner) {
      case Answer::Manner::held:
        if (released()) answer(tag);
        return;
      case Answer::Manner::reset: {
        const linger now{1, 0};
        ::setsockopt(connection.fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
        return drop(tag, Ending::broken);
      }
      case Answer::Manner::close:
        return drop(tag, Ending::broken);
      case Answer::Manner::whole:
      case Answer::Manner::drip:
      case Answer::Manner::endless:
        return answer(tag);
    }
  }

  void answer(std::uint64_t tag) {
    auto& connection = connections_.at(tag);
    const auto& answer = connection.answer;
    connection.started = true;
    if (!answer.raw.empty()) {
      connection.out = answer.raw;
    } else if (answer.manner == Answer::Manner::endless) {
      connection.out = answer_head(answer.status, answer.headers, std::size_t{1} << 40);
    } else {
      connection.out = answer_head(answer.status, answer.headers, answer.body.size());
      if (answer.manner != Answer::Manner::drip) connection.out += answer.body;
    }
    if (answer.manner == Answer::Manner::drip)
      timers_.emplace(Steady::now() + answer.drip_every, Due{tag, *connection.request});
    flush(tag, connection);
  }

  static bool endless(const Connection& connection) {
    return connection.started && connection.answer.manner == Answer::Manner::endless;
  }

  /// Writes what can be written. False where the connection is gone.
  bool flush(std::uint64_t tag, Connection& connection) {
    while (true) {
      if (connection.out.empty() && endless(connection)) connection.out.assign(endless_chunk_bytes, 'x');
      if (connection.out.empty()) break;
      connection.wrote = Steady::now();
      const ssize_t sent =
          ::send(connection.fd.get(), connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) {
        watch(EPOLL_CTL_MOD, connection.fd.get(), EPOLLIN | EPOLLOUT, tag);
        return true;
      }
      if (sent < 0) {
        drop(tag, Ending::left);
        return false;
      }
      connection.out.erase(0, static_cast<std::size_t>(sent));
    }
    watch(EPOLL_CTL_MOD, connection.fd.get(), EPOLLIN, tag);
    return finish(tag, connection);
  }

  /// Ends the request once its answer is out. False where the connection ended with it.
  bool finish(std::uint64_t tag, Connection& connection) {
    const auto& answer = connection.answer;
    if (answer.manner == Answer::Manner::drip && connection.dripped < answer.body.size()) return true;
    if (answer.last || !connection.keep_alive) {
      drop(tag, Ending::answered);
      return false;
    }
    request_log_.end(*connection.request, Ending::answered, connection.wrote);
    connection.request.reset();
    connection.started = false;
    serve(tag, connection);  // one that came meanwhile
    return connections_.contains(tag);
  }

  void drop(std::uint64_t tag, Ending how) {
    const auto request = connections_.at(tag).request;
    const auto when = how == Ending::answered ? connections_.at(tag).wrote : Steady::now();
    connections_.erase(tag);  // first: who waits for the end may rely on the connection being closed
    request_log_.disconnect();
    if (request) request_log_.end(*request, how, when);
  }

  void run_timers() {
    const auto now = Steady::now();
    while (!timers_.empty() && timers_.begin()->first <= now) {
      const auto [tag, request] = timers_.extract(timers_.begin()).mapped();
      const auto found = connections_.find(tag);
      if (found == connections_.end() || found->second.request != request) continue;
      auto& connection = found->second;
      if (!connection.started)
        start(tag, connection);
      else
        drip(tag, connection);
    }
  }

  void drip(std::uint64_t tag, Connection& connection) {
    const auto& answer = connection.answer;
    if (connection.dripped >= answer.body.size()) return;
    connection.out += answer.body[connection.dripped++];
    timers_.emplace(Steady::now() + answer.drip_every, Due{tag, *connection.request});
    flush(tag, connection);
  }

  void watch(int operation, int fd, std::uint32_t events, std::uint64_t tag) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag;
    checked(::epoll_ctl(epoll_.get(), operation, fd, &event), "epoll_ctl");
  }

  const Script script_;
  const std::string address_;
  Fd epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
  Fd wake_{checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")};
  Fd listener_;
  std::uint16_t port_ = 0;
  RequestLog request_log_;
  std::unordered_map<std::uint64_t, Connection> connections_;
  std::multimap<Steady::time_point, Due> timers_;
  std::uint64_t next_tag_ = first_connection_tag;
  std::mutex mutex_;
  bool stop_ = false;
  bool released_ = false;
  std::thread thread_;
};

Receiver::Receiver(Script script, const std::string& address, std::uint16_t port)
    : server_(std::make_unique<Server>(std::move(script), address, port)) {}

Receiver::~Receiver() = default;

std::uint16_t Receiver::port() const {
  return server_->port();
}

std::string Receiver::url(const std::string& path) const {
  return fmt::format("http://{}:{}{}", host_in_urls(server_->address()), server_->port(), path);
}

void Receiver::keep_only(std::vector<std::string> fields) {
  server_->request_log().keep_only(std::move(fields));
}

std::vector<Received> Receiver::received() const {
  return server_->request_log().read([](const Book& book) { return book.requests; });
}

std::size_t Receiver::count() const {
  return server_->request_log().read([](const Book& book) { return book.requests.size(); });
}

std::size_t Receiver::most_at_once() const {
  return server_->request_log().read([](const Book& book) { return book.most_open; });
}

std::size_t Receiver::connections() const {
  return server_->request_log().read([](const Book& book) { return book.connections; });
}

std::size_t Receiver::most_connections() const {
  return server_->request_log().read([](const Book& book) { return book.most_connected; });
}

bool Receiver::wait_for(std::size_t count, std::chrono::milliseconds timeout) const {
  return server_->request_log().wait([=](const Book& book) { return book.requests.size() >= count; },
                                     timeout);
}

bool Receiver::wait_ended(std::size_t count, std::chrono::milliseconds timeout) const {
  return server_->request_log().wait([=](const Book& book) { return book.ended >= count; }, timeout);
}

void Receiver::release() {
  server_->release();
}

}  // namespace dispatch::test
