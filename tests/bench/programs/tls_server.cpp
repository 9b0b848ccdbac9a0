#include "bench/programs/tls_server.hpp"

#include <csignal>
#include <stdexcept>
#include <string>

#include <openssl/err.h>

namespace dispatch::bench {
namespace {

void must(bool good, const std::string& what) {
  if (!good) throw std::runtime_error{"cannot set up TLS: " + what};
}

}  // namespace

TlsServer::TlsServer(const std::filesystem::path& identity) : context_(SSL_CTX_new(TLS_server_method())) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  SSL_CTX* const context = context_.get();
  must(context != nullptr, "context");
  must(SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1, "version");
  must(SSL_CTX_use_certificate_file(context, identity.c_str(), SSL_FILETYPE_PEM) == 1,
       "certificate in " + identity.string());
  must(SSL_CTX_use_PrivateKey_file(context, identity.c_str(), SSL_FILETYPE_PEM) == 1,
       "key in " + identity.string());
}

TlsSession TlsServer::new_session(int socket) const {
  TlsSession session{SSL_new(context_.get())};
  must(session != nullptr && SSL_set_fd(session.get(), socket) == 1, "session");
  SSL_set_accept_state(session.get());
  return session;
}

std::optional<std::size_t> TlsServer::read(SSL* session, std::span<char> into) {
  ERR_clear_error();
  std::size_t got = 0;
  if (SSL_read_ex(session, into.data(), into.size(), &got) == 1) return got;
  if (SSL_get_error(session, 0) == SSL_ERROR_WANT_READ) return std::nullopt;
  return 0;
}

void TlsServer::write(SSL* session, std::string_view bytes) {
  std::size_t sent = 0;
  SSL_write_ex(session, bytes.data(), bytes.size(), &sent);
}

}  // namespace dispatch::bench
