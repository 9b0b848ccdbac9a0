#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace dispatch::test {

/// An HTTPS server on 127.0.0.1 with a certificate of its own making, which it signed itself. It serves one
/// connection at a time, one request on each, and answers with 500, so that an outcome tells of the way
/// there.
class TlsReceiver {
 public:
  struct Setup {
    std::string certified_address = "127.0.0.1";  ///< for which the certificate is made
    int version_most = 0;                         ///< TLS1_1_VERSION and the like; 0: the newest
    std::chrono::seconds expires{3600};           ///< from now; the certificate is two hours older
    bool asks_client = false;                     ///< for a certificate, and trusts its own and no other
  };

  TlsReceiver();
  explicit TlsReceiver(const Setup& setup);
  ~TlsReceiver();
  TlsReceiver(const TlsReceiver&) = delete;
  TlsReceiver& operator=(const TlsReceiver&) = delete;

  std::string url() const;
  /// The certificate as a PEM file, to be trusted; its key is in it as well. Removed with the receiver.
  const std::filesystem::path& certificate() const;
  /// Requests that have come whole.
  std::size_t count() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;
};

}  // namespace dispatch::test
