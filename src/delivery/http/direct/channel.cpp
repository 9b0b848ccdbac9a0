#include "delivery/http/direct/channel.hpp"

#include "delivery/http/curl_outcome.hpp"

#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace dispatch::delivery {
namespace {

constexpr std::size_t tls_record_bytes = 16'384;

}  // namespace

Channel::Progress PlainChannel::read(std::span<char> into) {
  const ssize_t got = ::recv(socket_.get(), into.data(), into.size(), MSG_DONTWAIT);
  if (got > 0) {
    const auto bytes = static_cast<std::size_t>(got);
    return {State::moved, bytes, bytes < into.size()};
  }
  if (got == 0) return {State::closed};
  if (errno == EAGAIN || errno == EINTR) return {.state = State::blocked, .awaited = EPOLLIN};
  error_ = errno;
  writing_ = false;
  return {State::failed};
}

Channel::Progress PlainChannel::write(std::string_view bytes, bool more) {
  const ssize_t sent =
      ::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0));
  if (sent >= 0) return {State::moved, static_cast<std::size_t>(sent)};
  if (errno == EAGAIN || errno == EINTR) return {.state = State::blocked, .awaited = EPOLLOUT};
  error_ = errno;
  writing_ = true;
  return {State::failed};
}

std::string PlainChannel::explain() const {
  if (error_ == 0) return {};
  const auto text = errno_text(error_);
  return writing_ ? explain_failure(CURLE_SEND_ERROR, fmt::format("Send failure: {}", text), 0)
                  : explain_failure(CURLE_RECV_ERROR, fmt::format("Recv failure: {}", text), 0);
}

Channel::State PlainChannel::listen() {
  char byte = 0;
  const ssize_t got = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got >= 0) return got > 0 ? State::moved : State::closed;
  if (errno == EAGAIN || errno == EINTR) return State::blocked;
  error_ = errno;
  writing_ = false;
  return State::failed;
}

TlsChannel::~TlsChannel() {
  transfer_->disconnect();
  spare_.push_back(std::move(transfer_));
}

ssl_st* TlsChannel::session() {
  if (session_ == nullptr) session_ = transfer_->session();
  return session_;
}

/// What TLS waits for. In a handshake reading may wait until it can write, and writing until it can read.
std::uint32_t TlsChannel::awaited(std::uint32_t usual) {
  switch (session() != nullptr ? SSL_want(session()) : SSL_NOTHING) {
    case SSL_READING:
      return EPOLLIN;
    case SSL_WRITING:
      return EPOLLOUT;
    default:
      return usual;
  }
}

Channel::Progress TlsChannel::progress(CURLcode code, std::size_t bytes, std::uint32_t usual) {
  if (code == CURLE_AGAIN) return {.state = State::blocked, .awaited = awaited(usual)};
  if (code == CURLE_OK) return {State::moved, bytes};
  error_ = code;
  return {State::failed};
}

Channel::Progress TlsChannel::read(std::span<char> into) {
  std::size_t bytes = 0;
  const CURLcode code = transfer_->receive(into, bytes);
  if (code == CURLE_OK && bytes == 0) return {State::closed};
  return progress(code, bytes, EPOLLIN);
}

Channel::Progress TlsChannel::write(std::string_view bytes, bool) {
  std::size_t sent = 0;
  const CURLcode code = transfer_->send(bytes.substr(0, tls_record_bytes), sent);
  return progress(code, sent, EPOLLOUT);
}

std::string TlsChannel::explain() const {
  return error_ == CURLE_OK ? std::string{} : transfer_->explain(error_);
}

Channel::State TlsChannel::listen() {
  std::array<char, 1> byte{};
  return read(byte).state;
}

bool TlsChannel::is_at_rest() {
  if (listen() != State::blocked) return false;
  if (session() == nullptr) return true;
  // TLS 1.3 knows no other handshake: what is unfinished there is a message of which the rest is to come.
  const bool renegotiates = SSL_version(session()) < TLS1_3_VERSION && SSL_in_init(session()) != 0;
  return !renegotiates && awaited(EPOLLIN) == EPOLLIN;
}

}  // namespace dispatch::delivery
