#include "support/network/tls_conversation.hpp"

#include <array>
#include <stdexcept>

#include <fcntl.h>
#include <sys/socket.h>

namespace dispatch::test {

bool TlsConversation::receive() {
  std::array<char, 16 * 1024> bytes;
  if (SSL_pending(session_) == 0 && !wait_(-1)) return false;
  const int got = SSL_read(session_, bytes.data(), static_cast<int>(bytes.size()));
  if (got <= 0) return false;
  in_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<WireRequest> TlsConversation::request() {
  try {
    while (true) {
      if (auto whole = take_request(in_)) return whole;
      if (!receive()) return std::nullopt;
    }
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

bool TlsConversation::send(std::string_view text) {
  return text.empty() || SSL_write(session_, text.data(), static_cast<int>(text.size())) > 0;
}

void TlsConversation::linger() {
  while (receive()) in_.clear();
}

void TlsConversation::rest(int milliseconds) {
  wait_(milliseconds);
}

bool TlsConversation::ask_to_renegotiate() {
  return SSL_renegotiate(session_) == 1 && SSL_do_handshake(session_) == 1;
}

bool TlsConversation::renegotiate() {
  SSL_CTX* const context = SSL_get_SSL_CTX(session_);
  const auto before = SSL_CTX_sess_accept_good(context);
  if (!ask_to_renegotiate()) return false;
  const int socket = SSL_get_fd(session_), flags = ::fcntl(socket, F_GETFL);
  ::fcntl(socket, F_SETFL, flags | O_NONBLOCK);  // or a read goes on to wait for what follows
  bool goes_on = true;
  while (goes_on && SSL_CTX_sess_accept_good(context) == before && wait_(-1)) {
    char byte = 0;
    const int got = SSL_peek(session_, &byte, 1);
    goes_on = got > 0 || SSL_get_error(session_, got) == SSL_ERROR_WANT_READ;
  }
  ::fcntl(socket, F_SETFL, flags);
  return SSL_CTX_sess_accept_good(context) > before;
}

bool TlsConversation::send_ticket() {
  return SSL_new_session_ticket(session_) == 1 && SSL_do_handshake(session_) == 1;
}

bool TlsConversation::update_keys() {
  return SSL_key_update(session_, SSL_KEY_UPDATE_REQUESTED) == 1 && SSL_do_handshake(session_) == 1;
}

void TlsConversation::reset() {
  says_goodbye_ = false;
  const ::linger now{1, 0};
  ::setsockopt(SSL_get_fd(session_), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

}  // namespace dispatch::test
