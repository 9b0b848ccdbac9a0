#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <openssl/ssl.h>

namespace dispatch::bench {

struct TlsEnd {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
};
using TlsSession = std::unique_ptr<SSL, TlsEnd>;

/// The server's side of TLS 1.3 on sockets that do not block.
class TlsServer {
 public:
  /// `identity`: the certificate and its key, PEM. Throws std::runtime_error.
  explicit TlsServer(const std::filesystem::path& identity);

  TlsSession new_session(int socket) const;

  /// Returns how many bytes were read, 0 at the end or after a failure, nothing if there are none yet. Ends
  /// the handshake first.
  static std::optional<std::size_t> read(SSL* session, std::span<char> into);
  /// `bytes` must fit into the socket's buffer. Does nothing if the peer has gone.
  static void write(SSL* session, std::string_view bytes);

 private:
  std::unique_ptr<SSL_CTX, TlsEnd> context_;
};

}  // namespace dispatch::bench
