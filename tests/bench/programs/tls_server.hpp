#pragma once

#include "support/network/certificate.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

namespace dispatch::bench {

/// The server's side of TLS 1.3 on sockets that do not block.
class TlsServer {
 public:
  /// Makes a certificate for 127.0.0.1 and writes it to the file, for clients to trust. Throws
  /// std::runtime_error.
  explicit TlsServer(const std::filesystem::path& certificate);

  test::tls::Session new_session(int socket) const;

  /// Returns how many bytes were read, 0 at the end or after a failure, nothing if there are none yet. Ends
  /// the handshake first.
  static std::optional<std::size_t> read(SSL* session, std::span<char> into);
  /// `bytes` must fit into the socket's buffer. Does nothing if the peer has gone.
  static void write(SSL* session, std::string_view bytes);

 private:
  test::tls::Key key_;
  test::tls::Certificate certificate_;
  test::tls::Context context_;
};

}  // namespace dispatch::bench
