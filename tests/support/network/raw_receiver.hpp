#pragma once

#include "base/system/fd.hpp"
#include "support/network/http_wire.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::test {

/// One accepted connection, as a test that misbehaves on it sees it. Every wait ends when the other side has
/// gone or the receiver ends.
class Conversation {
 public:
  Conversation(Fd socket, std::size_t number, const std::atomic<bool>& stop)
      : socket_(std::move(socket)), number_(number), stop_(stop) {}

  /// In order of acceptance, from 0.
  std::size_t number() const { return number_; }
  /// The next whole request; nothing where the other side has gone.
  std::optional<WireRequest> request();
  /// Waits until something of a request is there, and leaves it there.
  void first_bytes();
  /// False where the other side has gone.
  bool send(std::string_view text);
  /// Sends it together with the end of the connection.
  void send_last(std::string_view text);
  /// Again and again until the other side has gone, waiting `pause_ms` each time; gives how many bytes went.
  std::size_t send_for_ever(std::string_view text, int pause_ms = 0);
  /// Byte by byte, with a wait of `pause_ms` after each.
  void drip(std::string_view text, int pause_ms);
  /// Waits until the other side has gone.
  void linger();
  /// Ends the connection with a reset.
  void reset();

 private:
  /// Waits until the socket is ready; false where the receiver ends.
  bool wait(short events);
  bool pause(int ms);
  bool receive();

  Fd socket_;
  std::size_t number_;
  const std::atomic<bool>& stop_;
  std::string in_;
};

/// A server on loopback that gives each connection to a talk, which may do with it whatever TCP allows. Each
/// connection has a thread; it is closed when its talk returns. The destructor ends them all.
class RawReceiver {
 public:
  using Talk = std::function<void(Conversation&)>;
  struct Setup {
    std::string address = "127.0.0.1";
    std::string path{};  ///< of a Unix socket, in place of a port of the address
    int backlog = 64;
    bool accepting = true;  ///< false: connections wait in the backlog for ever
  };

  explicit RawReceiver(Talk talk);
  RawReceiver(Talk talk, const Setup& setup);
  ~RawReceiver();
  RawReceiver(const RawReceiver&) = delete;
  RawReceiver& operator=(const RawReceiver&) = delete;

  /// "http://ADDRESS:PORT/", without a port at a Unix socket; see host_in_urls().
  std::string url() const;
  /// Connections accepted so far.
  std::size_t connections() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace dispatch::test
