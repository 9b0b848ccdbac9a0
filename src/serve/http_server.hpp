#pragma once

#include "base/error.hpp"
#include "serve/connection_limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::serve {

using HeaderFields = std::vector<std::pair<std::string, std::string>>;

/// A complete request.
struct Request {
  std::string method;
  std::string target;  ///< path and query as received
  HeaderFields headers;
  std::string body;

  /// The value of the first field with that name, ignoring case; nothing if there is none.
  std::optional<std::string_view> header(std::string_view name) const;
};

struct Response {
  int status = 200;
  HeaderFields headers{};
  std::string body{};
  std::chrono::milliseconds delay{0};  ///< the answer is sent this much later; others are served meanwhile
};

/// Called on the server's thread, one request at a time; must not block. An exception becomes a 500.
using Handler = std::function<Response(const Request&)>;

struct ServerOptions {
  std::string host = "127.0.0.1";  ///< name or address to listen at
  std::uint16_t port = 0;          ///< 0: any free port
  std::size_t body_most =
      std::size_t{16} * 1024 * 1024;  ///< bytes; a larger body is answered with 413. Default 16 MiB
  ConnectionBounds connections{};
  std::chrono::seconds idle_most{120};  ///< idle connections are closed after this time
};

/// A small HTTP/1.1 server (libmicrohttpd) on one thread of its own. A request with an ambiguous length (two
/// lengths, or a length and chunks; RFC 9112, 6.3) is answered with 400 and its connection closed.
class HttpServer {
 public:
  /// Starts to listen. Fails if the server cannot listen at the address.
  static Result<std::unique_ptr<HttpServer>> start(ServerOptions options, Handler handler);

  /// Closes all connections and ends the thread; no handler is called afterwards.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// "http://HOST:PORT".
  std::string url() const;

  /// Accepts no more connections, answers further requests on open ones with 503, and waits until all pending
  /// answers are sent or `patience` is over. Any thread but the server's may call it.
  void drain(std::chrono::milliseconds patience);

 private:
  class Daemon;
  explicit HttpServer(std::unique_ptr<Daemon> daemon);

  std::unique_ptr<Daemon> daemon_;
};

}  // namespace dispatch::serve
