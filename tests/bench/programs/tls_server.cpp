#include "bench/programs/tls_server.hpp"

#include <chrono>
#include <csignal>

#include <openssl/err.h>

namespace dispatch::bench {

using test::tls::must;

TlsServer::TlsServer(const std::filesystem::path& certificate)
    : key_(test::tls::new_key()),
      certificate_(test::tls::self_signed(key_.get(), "IP:127.0.0.1", std::chrono::minutes{110})),
      context_(SSL_CTX_new(TLS_server_method())) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  must(context_ != nullptr, "context");
  must(SSL_CTX_set_min_proto_version(context_.get(), TLS1_3_VERSION) == 1, "version");
  must(SSL_CTX_use_certificate(context_.get(), certificate_.get()) == 1, "certificate");
  must(SSL_CTX_use_PrivateKey(context_.get(), key_.get()) == 1, "key");
  test::tls::write_pem(certificate, certificate_.get(), key_.get());
}

test::tls::Session TlsServer::new_session(int socket) const {
  test::tls::Session session{SSL_new(context_.get())};
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
