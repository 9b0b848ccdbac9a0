#include "support/network/raw_receiver.hpp"

#include "support/network/loopback.hpp"
#include "support/network/names.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace dispatch::test {
namespace {

/// How long a wait may miss that the receiver ends.
constexpr int glance_ms = 20;

}  // namespace

bool Conversation::wait(short events) {
  while (!stop_) {
    pollfd watched{socket_.get(), events, 0};
    if (::poll(&watched, 1, glance_ms) > 0) return true;
  }
  return false;
}

bool Conversation::pause(int ms) {
  for (int waited = 0; waited < ms && !stop_; waited += glance_ms)
    ::poll(nullptr, 0, std::min(glance_ms, ms - waited));
  return !stop_;
}

bool Conversation::receive() {
  if (!wait(POLLIN)) return false;
  std::array<char, 16 * 1024> bytes;
  const auto got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  in_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<WireRequest> Conversation::request() {
  try {
    while (true) {
      if (auto whole = take_request(in_)) return whole;
      if (!receive()) return std::nullopt;
    }
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

void Conversation::first_bytes() {
  wait(POLLIN);
}

bool Conversation::send(std::string_view text) {
  while (!text.empty()) {
    if (!wait(POLLOUT)) return false;
    const auto sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EAGAIN) continue;
    if (sent < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Conversation::send_last(std::string_view text) {
  const int yes = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_CORK, &yes, sizeof yes);
  send(text);
  ::shutdown(socket_.get(), SHUT_WR);
}

std::size_t Conversation::send_for_ever(std::string_view text, int pause_ms) {
  std::size_t sent = 0;
  while (send(text) && pause(pause_ms)) sent += text.size();
  return sent;
}

void Conversation::drip(std::string_view text, int pause_ms) {
  for (std::size_t at = 0; at < text.size() && send(text.substr(at, 1)); ++at)
    if (!pause(pause_ms)) return;
}

void Conversation::linger() {
  while (receive()) in_.clear();
}

void Conversation::reset() {
  const ::linger now{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  socket_ = Fd{};
}

class RawReceiver::Server {
 public:
  Server(Talk talk, const Setup& setup)
      : talk_(std::move(talk)),
        address_(setup.address),
        listener_(setup.path.empty() ? listen_at(setup.address, 0) : listen_at_path(setup.path)),
        port_(setup.path.empty() ? port_of(listener_) : 0) {
    checked(::listen(listener_.get(), setup.backlog), "listen");
    if (setup.accepting) acceptor_ = std::thread{[this] { accept_all(); }};
  }

  ~Server() {
    stop_ = true;
    if (acceptor_.joinable()) acceptor_.join();
    for (auto& talk : talks_) talk.join();
  }

  std::string url() const {
    const std::string host = host_in_urls(address_);
    return port_ == 0 ? fmt::format("http://{}/", host) : fmt::format("http://{}:{}/", host, port_);
  }
  std::size_t connections() const { return connections_; }

 private:
  void accept_all() {
    while (!stop_) {
      pollfd watched{listener_.get(), POLLIN, 0};
      if (::poll(&watched, 1, glance_ms) <= 0) continue;
      Fd socket = accept_at(listener_);
      if (!socket) continue;
      const std::size_t number = connections_++;
      talks_.emplace_back([this, number, fd = socket.release()] {
        Conversation conversation{Fd{fd}, number, stop_};
        talk_(conversation);
      });
    }
  }

  const Talk talk_;
  const std::string address_;
  Fd listener_;
  const std::uint16_t port_;
  std::atomic<bool> stop_{false};
  std::atomic<std::size_t> connections_{0};
  std::vector<std::thread> talks_;  // touched by the acceptor alone until it has ended
  std::thread acceptor_;
};

RawReceiver::RawReceiver(Talk talk) : RawReceiver(std::move(talk), Setup{}) {}

RawReceiver::RawReceiver(Talk talk, const Setup& setup)
    : server_(std::make_unique<Server>(std::move(talk), setup)) {}

RawReceiver::~RawReceiver() = default;

std::string RawReceiver::url() const {
  return server_->url();
}

std::size_t RawReceiver::connections() const {
  return server_->connections();
}

}  // namespace dispatch::test
