#pragma once

#include "support/network/tls_conversation.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace dispatch::test {

/// An HTTPS server on 127.0.0.1 with a certificate of its own making, which it signed itself. Each connection
/// has a thread. It answers with 500, so that an outcome tells of the way there, and one request on each
/// connection, unless told otherwise.
class TlsReceiver {
 public:
  struct Setup {
    /// For which the certificate is made, and for its name and the names below that.
    std::string certified_address = "127.0.0.1";
    int version_most = 0;                        ///< TLS1_1_VERSION and the like; 0: the newest
    std::chrono::seconds expires{3600};          ///< from now; the certificate is two hours older
    bool asks_client = false;                    ///< for a certificate, and trusts its own and no other
    int status = 500;                            ///< of every answer
    std::chrono::milliseconds answers_after{0};  ///< from the request
    bool keeps_connections = false;
    /// What is done with each connection in place of all that; it is closed when the talk returns.
    std::function<void(TlsConversation&)> talk{};
  };

  TlsReceiver();
  explicit TlsReceiver(const Setup& setup);
  ~TlsReceiver();
  TlsReceiver(const TlsReceiver&) = delete;
  TlsReceiver& operator=(const TlsReceiver&) = delete;

  /// "https://127.0.0.1:PORT/"; see host_in_urls().
  std::string url() const;
  std::uint16_t port() const;
  /// The certificate as a PEM file, to be trusted; its key is in it as well. Removed with the receiver.
  const std::filesystem::path& certificate() const;
  /// Requests that have come whole, where there is no talk.
  std::size_t count() const;
  /// Connections accepted so far.
  std::size_t connections() const;
  /// Handshakes that were completed, and those of them that resumed an earlier session.
  std::size_t handshakes() const;
  std::size_t resumed() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace dispatch::test
