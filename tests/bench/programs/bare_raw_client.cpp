// What HTTP alone costs: the requests of bare_client, byte for byte as the program sends them, written
// straight to sockets. Of an answer it reads no more than its status and where its head ends, so it suits
// this benchmark's server and no other.
//
//   --input FILE         events as generate_events writes them
//   --url URL            http://ADDRESS:PORT/PATH, where each is posted
//   --connections N      requests at a time (default 50)
//
// Each connection begins the next request as soon as the last one is answered. Prints what it did as JSON.

#include "base/system/fd.hpp"
#include "bench/arguments.hpp"
#include "bench/client_report.hpp"
#include "bench/event_file.hpp"
#include "delivery/http/headers.hpp"
#include "support/network/loopback.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace dispatch::bench {
namespace {

using test::checked;

struct Target {
  sockaddr_in address{};
  std::string start;  ///< the request line and the Host field
};

Target parse_target(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  const auto bad = [&] {
    return std::invalid_argument{"--url: '" + url + "' is not http://ADDRESS:PORT/PATH"};
  };
  const auto path = url.find('/', scheme.size());
  if (!url.starts_with(scheme) || path == std::string::npos) throw bad();
  const std::string host = url.substr(scheme.size(), path - scheme.size());
  const auto colon = host.find(':');
  if (colon == std::string::npos) throw bad();
  Target target;
  target.address.sin_family = AF_INET;
  target.address.sin_port = htons(static_cast<std::uint16_t>(std::stoul(host.substr(colon + 1))));
  if (::inet_pton(AF_INET, host.substr(0, colon).c_str(), &target.address.sin_addr) != 1) throw bad();
  target.start = fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\n", url.substr(path), host);
  return target;
}

/// One of the requests at a time.
struct Connection {
  Fd socket;
  std::string answer;  ///< what has come of it
};

class Client {
 public:
  Client(EventFile& events, Target target, std::size_t connections)
      : events_(events), target_(std::move(target)), connections_(connections) {
    for (auto& connection : connections_) connect(connection);
  }

  ClientCounts run() {
    std::size_t open = 0;
    for (auto& connection : connections_) open += begin(connection) ? 1 : 0;
    std::array<epoll_event, 256> ready;
    while (open > 0) {
      const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), -1);
      for (int i = 0; i < count; ++i) {
        auto& connection = *static_cast<Connection*>(ready[static_cast<std::size_t>(i)].data.ptr);
        if (read(connection) && !begin(connection)) --open;
      }
    }
    return counts_;
  }

 private:
  void connect(Connection& connection) {
    connection.socket = Fd{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
    const int socket = connection.socket.get();
    const int yes = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    checked(::connect(socket, reinterpret_cast<const sockaddr*>(&target_.address), sizeof target_.address),
            "connect");
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    checked(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket, &event), "epoll_ctl");
  }

  /// Returns false if there are no more events.
  bool begin(Connection& connection) {
    if (!events_.next(event_)) return false;
    event_.began = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
    if (!delivery::write_headers(event_, event_.began, lines_))
      throw std::runtime_error{"cannot write headers"};
    const fmt::format_int length{event_.payload.size()};
    request_ = target_.start;
    request_.append(lines_.text()).append("Content-Length: ").append(length.data(), length.size());
    request_.append("\r\n\r\n").append(event_.payload);
    const auto sent = ::send(connection.socket.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
    // The socket's buffer is empty and holds many times a request.
    if (sent != static_cast<ssize_t>(request_.size()))
      throw std::system_error{errno, std::generic_category(), "cannot send a request at once"};
    return true;
  }

  /// Returns true if the answer is complete.
  bool read(Connection& connection) {
    const ssize_t got = ::recv(connection.socket.get(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) throw std::runtime_error{"the server has closed a connection"};
    std::string_view answer{buffer_.data(), static_cast<std::size_t>(got)};
    if (!connection.answer.empty()) answer = connection.answer.append(answer);
    if (!answer.ends_with("\r\n\r\n")) {  // the server's answers have no body
      if (connection.answer.empty()) connection.answer = answer;
      return false;
    }
    ++counts_.events;
    if (!answer.starts_with("HTTP/1.1 200 ")) ++counts_.failed;
    connection.answer.clear();
    return true;
  }

  EventFile& events_;
  const Target target_;
  Fd epoll_{checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")};
  std::vector<Connection> connections_;
  Outgoing event_;
  delivery::HeaderLines lines_{delivery::HeaderLines::Form::wire};
  std::string request_;
  std::array<char, 4096> buffer_;
  ClientCounts counts_;
};

}  // namespace
}  // namespace dispatch::bench

int main(int argc, char** argv) {
  using namespace dispatch::bench;
  return run_program("bare_raw_client", argc, argv, [](Arguments& arguments) {
    const auto input = arguments.text("input", "");
    const auto target = parse_target(arguments.text("url", ""));
    const auto connections = arguments.number("connections", 50);
    arguments.done();
    const auto begin = std::chrono::steady_clock::now();
    EventFile events{input, false};
    return report(Client{events, target, connections}.run(), begin);
  });
}
