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

/// A request that has come whole.
struct Request {
  std::string method;
  std::string target;  ///< path and query as they came
  HeaderFields headers;
  std::string body;

  /// The value of the first field of that name, in whatever case; nothing where there is none.
  std::optional<std::string_view> header(std::string_view name) const;
};

struct Response {
  int status = 200;
  HeaderFields headers{};
  std::string body{};
  std::chrono::milliseconds delay{0};  ///< the answer is sent so much later; others are served meanwhile
};

/// Called on the server's thread, one request at a time; must not block. An exception becomes a 500.
using Handler = std::function<Response(const Request&)>;

struct ServerOptions {
  std::string host = "127.0.0.1";  ///< name or address to listen at
  std::uint16_t port = 0;          ///< 0: a free one
  std::size_t body_most =
      std::size_t{16} * 1024 * 1024;  ///< bytes; a larger body is answered with 413. Default 16 MiB
  ConnectionBounds connections{};
  std::chrono::seconds idle_most{120};  ///< an idle connection is closed after this
};

/// A small HTTP/1.1 server (libmicrohttpd) on one thread of its own. A request whose length is not clear (two
/// lengths, or a length and chunks; RFC 9112, 6.3) is answered with 400 and its connection closed.
class HttpServer {
 public:
  /// Listens at once. Fails where the address cannot be listened at.
  static Result<std::unique_ptr<HttpServer>> start(ServerOptions options, Handler handler);

  /// Closes all connections; no handler is called afterwards, no thread and no descriptor is left.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  std::uint16_t port() const;
  /// "http://HOST:PORT".
  std::string url() const;

  /// Accepts no more connections, answers further requests on the open ones with 503, and waits until every
  /// answer that was owed is out, or `patience` is over. From any thread but the server's.
  void drain(std::chrono::milliseconds patience);

 private:
  class Daemon;
  explicit HttpServer(std::unique_ptr<Daemon> daemon);

  std::unique_ptr<Daemon> daemon_;
};

}  // namespace dispatch::serve
