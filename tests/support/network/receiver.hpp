#pragma once

#include "support/network/http_wire.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::test {

/// How a request ended at the receiver.
enum class Ending {
  open,      ///< it has not
  answered,  ///< the answer was sent whole
  broken,    ///< the receiver reset or closed the connection, as its script said
  left,      ///< the sender closed the connection before the answer was out
};

/// A request that came whole.
struct Received : WireRequest {
  std::uint64_t number = 0;      ///< in order of arrival, from 0
  std::uint64_t connection = 0;  ///< in order of acceptance, from 0
  std::chrono::steady_clock::time_point arrived;
  std::chrono::steady_clock::time_point ended;  ///< meaningless while open
  std::uint64_t end_number = 0;                 ///< in order of ending, from 0; meaningless while open
  Ending ending = Ending::open;
  int status = 0;  ///< as the script decided; meaningless while open

  /// Whether a success was answered and the answer was sent whole.
  bool succeeded() const { return ending == Ending::answered && status >= 200 && status < 300; }
};

/// What the receiver does about a request.
struct Answer {
  enum class Manner {
    whole,    ///< status, headers and body at once
    held,     ///< nothing until release(); then whole
    reset,    ///< the connection is reset (RST)
    close,    ///< the connection is closed without a byte
    drip,     ///< status and headers, then the body byte by byte, one each `drip_every`
    endless,  ///< status and headers, then body for ever, as fast as it is read
  };
  int status = 200;
  HeaderFields headers{};
  std::string body{};
  std::chrono::milliseconds delay{0};  ///< before anything of it is done
  Manner manner = Manner::whole;
  std::chrono::milliseconds drip_every{20};
  std::string raw{};  ///< where not empty, sent in place of status, headers and body
  bool last = false;  ///< the connection is closed after it
};

/// A real HTTP/1.1 server on loopback that does what a test says and remembers what came. One thread; every
/// function may be called from any thread. The destructor closes all connections and joins the thread.
class Receiver {
 public:
  /// Decides the answer to a request. `nth` counts the requests with the same Idempotency-Key, from 1. Called
  /// on the receiver's thread, one at a time; must not call the receiver.
  using Script = std::function<Answer(const Received& request, std::size_t nth)>;

  /// Listens at once, at a free port where `port` is 0. Throws std::system_error where it cannot.
  explicit Receiver(
      Script script = [](const Received&, std::size_t) { return Answer{}; },
      const std::string& address = "127.0.0.1", std::uint16_t port = 0);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::uint16_t port() const;
  /// "http://ADDRESS:PORT" and `path`; see host_in_urls().
  std::string url(const std::string& path = "/") const;

  /// From now on the record keeps only these header fields of a request, and no body: for records that would
  /// grow too large. Scripts still see all.
  void keep_only(std::vector<std::string> fields);

  /// What came so far, in order of arrival.
  std::vector<Received> received() const;
  std::size_t count() const;
  /// The most requests that had arrived and not ended at one time.
  std::size_t most_at_once() const;
  /// Connections ever accepted, and the most that were open at one time.
  std::size_t connections() const;
  std::size_t most_connections() const;

  /// Waits until `count` requests have arrived, or have ended. False where the time is up first.
  bool wait_for(std::size_t count, std::chrono::milliseconds timeout = std::chrono::seconds{10}) const;
  bool wait_ended(std::size_t count, std::chrono::milliseconds timeout = std::chrono::seconds{10}) const;

  /// Answers all held requests, and those yet to be held at once.
  void release();

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace dispatch::test
