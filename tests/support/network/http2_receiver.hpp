#pragma once

#include "support/network/http_wire.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::test {

/// A request over HTTP/2 that came whole. Names of fields are in lower case; those of HTTP/2 itself begin
/// with a colon.
struct Http2Received : WireRequest {
  std::uint64_t number = 0;      ///< in order of arrival, from 0
  std::uint64_t connection = 0;  ///< in order of acceptance, from 0
  std::int32_t stream = 0;
};

/// What the receiver does about a request.
struct Http2Reply {
  enum class Manner {
    answered,  ///< status, headers and body
    held,      ///< nothing until release(); then answered
    reset,     ///< the stream is reset
    ignored,   ///< nothing
  };
  Manner manner = Manner::answered;
  int status = 200;
  HeaderFields headers{};
  std::string body{};
  std::chrono::milliseconds delay{0};  ///< before the answer
  std::uint32_t code = 0;              ///< of the reset, RFC 9113, 7
  /// Before anything else a GOAWAY is sent, with this last stream and code. Below 0: none.
  std::int32_t last_stream = -1;
  std::uint32_t goaway_code = 0;
  bool closes = false;  ///< then the connection is closed, as soon as all was sent
};

/// A real HTTP/2 server on 127.0.0.1, over TLS with a certificate that it signed itself. It does what a test
/// says and remembers what came. One thread; every function may be called from any thread.
class Http2Receiver {
 public:
  /// Decides what is done about a request. `nth` counts the requests with the same Idempotency-Key, from 1.
  /// Called on the receiver's thread; must not call the receiver.
  using Script = std::function<Http2Reply(const Http2Received& request, std::size_t nth)>;
  struct Setup {
    std::uint32_t streams_most = 100;             ///< that the server lets a connection have at a time
    std::chrono::milliseconds settings_after{0};  ///< how long its settings, and all else, are in coming
  };

  explicit Http2Receiver(Script script = [](const Http2Received&, std::size_t) { return Http2Reply{}; });
  Http2Receiver(Script script, const Setup& setup);
  ~Http2Receiver();
  Http2Receiver(const Http2Receiver&) = delete;
  Http2Receiver& operator=(const Http2Receiver&) = delete;

  /// "https://127.0.0.1:PORT" and `path`; see host_in_urls().
  std::string url(const std::string& path = "/") const;
  std::uint16_t port() const;
  /// The certificate as a PEM file, to be trusted. Removed with the receiver.
  const std::filesystem::path& certificate() const;

  std::vector<Http2Received> received() const;
  std::size_t count() const;
  /// The most requests that had come and were neither answered nor reset, at one time.
  std::size_t most_at_once() const;
  /// Connections that speak HTTP/2 so far, and how many of their TLS handshakes resumed an earlier session.
  std::size_t connections() const;
  std::size_t resumed() const;
  /// Waits until that many requests have come. False where the time is up first.
  bool wait_for(std::size_t count, std::chrono::milliseconds timeout = std::chrono::seconds{10}) const;
  /// Answers all held requests, and those yet to be held at once.
  void release();

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace dispatch::test
