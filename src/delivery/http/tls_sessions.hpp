#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include <openssl/ssl.h>

namespace dispatch::delivery {

/// The TLS sessions of earlier connections, so that new ones to the same server resume them (RFC 8446, 2.2;
/// RFC 5077): a shorter handshake, without certificates. libcurl keeps sessions as well, but of eight servers
/// at most, and only among handles that share their connections.
///
/// A session is used only for the server (scheme, host and port) that it was made with. Resuming does not
/// weaken verification: the session keeps the server's certificate and the result of verifying it, and
/// libcurl checks both on the new connection.
///
/// Used by one thread. Outlives the connections that it was attached to.
class TlsSessions {
 public:
  /// Sessions of at most `most` servers are kept.
  explicit TlsSessions(std::size_t most = 4'096) : most_(most) {}
  TlsSessions(const TlsSessions&) = delete;
  TlsSessions& operator=(const TlsSessions&) = delete;

  /// Makes the connections of `context` resume the last session with `server`, and keeps theirs. `server`
  /// names it among all: scheme, host and port. Returns false if there is no memory.
  bool attach(SSL_CTX& context, std::string server);

  std::size_t size() const { return sessions_.size(); }

 private:
  struct Attached;
  struct Free {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  using Session = std::unique_ptr<SSL_SESSION, Free>;

  static int context_index();
  static int on_session(SSL* connection, SSL_SESSION* session) noexcept;
  static void on_progress(const SSL* connection, int where, int) noexcept;
  void keep(const std::string& server, Session session);

  const std::size_t most_;
  std::unordered_map<std::string, Session> sessions_;  // by server
};

}  // namespace dispatch::delivery
