#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include <openssl/ssl.h>

namespace dispatch::test {

/// Frees what a function of OpenSSL frees.
template <class T, void (*end)(T*)>
struct Ends {
  void operator()(T* thing) const { end(thing); }
};
using TlsContext = std::unique_ptr<SSL_CTX, Ends<SSL_CTX, SSL_CTX_free>>;
using TlsConnection = std::unique_ptr<SSL, Ends<SSL, SSL_free>>;

/// Throws std::runtime_error, with `what`, unless OpenSSL did what it was asked for.
void tls_must(bool good, const char* what);

/// The key of a server of tests, and a certificate for it that the server signed itself. The certificate is
/// two hours older than when it expires.
class ServerIdentity {
 public:
  /// `address` and its name are what the certificate is for; it expires so long from now.
  ServerIdentity(const std::string& address, std::chrono::seconds expires);
  ~ServerIdentity();
  ServerIdentity(const ServerIdentity&) = delete;
  ServerIdentity& operator=(const ServerIdentity&) = delete;

  /// A context of a server with this identity, whose sessions can be resumed.
  TlsContext context() const;
  /// The certificate as a PEM file, with the key in it. Removed with the identity.
  const std::filesystem::path& file() const;

 private:
  struct Made;
  std::unique_ptr<Made> made_;
};

}  // namespace dispatch::test
