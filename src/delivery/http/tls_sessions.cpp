#include "delivery/http/tls_sessions.hpp"

#include <utility>

namespace dispatch::delivery {

/// What a context knows of the sessions; dies with it.
struct TlsSessions::Attached {
  TlsSessions& sessions;
  std::string server;
};

int TlsSessions::context_index() {
  static const int index = SSL_CTX_get_ex_new_index(
      0, nullptr, nullptr, nullptr, [](void*, void* attached, CRYPTO_EX_DATA*, int, long, void*) {
        const std::unique_ptr<Attached> dies{static_cast<Attached*>(attached)};
      });
  return index;
}

bool TlsSessions::attach(SSL_CTX& context, std::string server) {
  auto attached = std::make_unique<Attached>(*this, std::move(server));
  if (context_index() < 0 || SSL_CTX_set_ex_data(&context, context_index(), attached.get()) != 1)
    return false;
  static_cast<void>(attached.release());
  SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_clear_options(&context, SSL_OP_NO_TICKET);  // libcurl sets it
  SSL_CTX_sess_set_new_cb(&context, &TlsSessions::on_session);
  SSL_CTX_set_info_callback(&context, &TlsSessions::on_progress);
  return true;
}

int TlsSessions::on_session(SSL* connection, SSL_SESSION* session) noexcept {
  auto* const attached =
      static_cast<Attached*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), context_index()));
  if (attached == nullptr || SSL_SESSION_is_resumable(session) != 1) return 0;
  attached->sessions.keep(attached->server, Session{session});
  return 1;  // the reference is ours now
}

/// Before the first byte of a handshake is the time to say which session it resumes.
void TlsSessions::on_progress(const SSL* connection, int where, int) noexcept {
  if ((where & SSL_CB_HANDSHAKE_START) == 0 || SSL_get_session(connection) != nullptr) return;
  auto* const attached =
      static_cast<Attached*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), context_index()));
  if (attached == nullptr) return;
  const auto& sessions = attached->sessions.sessions_;
  const auto found = sessions.find(attached->server);
  if (found == sessions.end()) return;
  // A copy, because OpenSSL resumes a session of TLS 1.3 once only, lest observers see which connections have
  // the same client (RFC 8446, C.4). Its address tells them anyway.
  const Session copy{SSL_SESSION_dup(found->second.get())};
  if (copy) SSL_set_session(const_cast<SSL*>(connection), copy.get());
}

void TlsSessions::keep(const std::string& server, Session session) {
  if (sessions_.size() >= most_ && !sessions_.contains(server)) sessions_.clear();
  sessions_.insert_or_assign(server, std::move(session));
}

}  // namespace dispatch::delivery
