#include "support/network/tls_receiver.hpp"

#include "base/system/fd.hpp"
#include "support/network/http_wire.hpp"
#include "support/network/loopback.hpp"
#include "support/network/names.hpp"
#include "support/network/server_identity.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace dispatch::test {

class TlsReceiver::Server {
 public:
  explicit Server(const Setup& setup)
      : setup_(setup), identity_(setup.certified_address, setup.expires), context_(identity_.context()) {
    if (setup.asks_client) {
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      tls_must(SSL_CTX_load_verify_file(context_.get(), identity_.file().c_str()) == 1, "authority");
    }
    if (setup.version_most != 0) {
      SSL_CTX_set_max_proto_version(context_.get(), setup.version_most);
      SSL_CTX_set_min_proto_version(context_.get(), setup.version_most);
      SSL_CTX_set_cipher_list(context_.get(), "DEFAULT@SECLEVEL=0");  // or old versions are not spoken at all
    }
    thread_ = std::thread{[this] { run(); }};
  }

  ~Server() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  const std::filesystem::path& certificate() const { return identity_.file(); }
  std::size_t count() const { return count_; }
  std::size_t connections() const { return connections_; }
  std::size_t handshakes() const { return handshakes_; }
  std::size_t resumed() const { return resumed_; }

 private:
  void run() {
    // OpenSSL writes without MSG_NOSIGNAL, and a sender that does not trust us has gone by then.
    sigset_t every;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, nullptr);
    std::vector<std::thread> talks;
    while (await(listener_.get(), -1))
      if (Fd connection{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)})
        talks.emplace_back(
            [this, socket = connection.release(), number = connections_++] { serve(Fd{socket}, number); });
    for (auto& talk : talks) talk.join();
  }

  /// Waits until `fd` can be read (-1: until the time is up); false where that was so, or the server ends.
  bool await(int fd, int milliseconds) const {
    std::array<pollfd, 2> watched{pollfd{fd, POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    return ::poll(watched.data(), watched.size(), milliseconds) > 0 && watched[1].revents == 0;
  }

  void serve(const Fd& connection, std::size_t number) {
    const timeval bound{5, 0};
    ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    const int yes = 1;
    ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const TlsConnection session{SSL_new(context_.get())};
    SSL_set_fd(session.get(), connection.get());
    if (!await(connection.get(), -1) || SSL_accept(session.get()) != 1)
      return;  // the sender did not trust us
    ++handshakes_;
    if (SSL_session_reused(session.get()) == 1) ++resumed_;
    if (setup_.talk) return talk(connection, session.get(), number);
    while (answer_next(connection, session.get()) && setup_.keeps_connections) continue;
    SSL_shutdown(session.get());
  }

  void talk(const Fd& connection, SSL* session, std::size_t number) {
    TlsConversation conversation{session, number, [&](int milliseconds) {
                                   return await(milliseconds < 0 ? connection.get() : -1, milliseconds);
                                 }};
    setup_.talk(conversation);
    if (conversation.says_goodbye()) SSL_shutdown(session);
  }

  /// False where the sender has gone, or the server ends.
  bool answer_next(const Fd& connection, SSL* session) {
    std::string bytes;
    std::array<char, 4096> buffer;
    while (!take_request(bytes)) {
      if (SSL_pending(session) == 0 && !await(connection.get(), -1)) return false;
      const int got = SSL_read(session, buffer.data(), static_cast<int>(buffer.size()));
      if (got <= 0) return false;
      bytes.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ++count_;
    if (setup_.answers_after.count() > 0) await(-1, static_cast<int>(setup_.answers_after.count()));
    HeaderFields fields;
    if (!setup_.keeps_connections) fields.emplace_back("Connection", "close");
    const std::string answer = answer_head(setup_.status, fields, 0);
    return SSL_write(session, answer.data(), static_cast<int>(answer.size())) > 0;
  }

  const Setup setup_;
  const ServerIdentity identity_;
  TlsContext context_;
  Fd listener_{listen_at("127.0.0.1", 0)};
  Fd stop_{::eventfd(0, EFD_CLOEXEC)};
  std::uint16_t port_ = port_of(listener_);
  std::atomic<std::size_t> count_ = 0;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<std::size_t> handshakes_ = 0, resumed_ = 0;
  std::thread thread_;
};

TlsReceiver::TlsReceiver() : TlsReceiver(Setup{}) {}
TlsReceiver::TlsReceiver(const Setup& setup) : server_(std::make_unique<Server>(setup)) {}
TlsReceiver::~TlsReceiver() = default;

std::string TlsReceiver::url() const {
  return "https://" + host_in_urls("127.0.0.1") + ":" + std::to_string(server_->port()) + "/";
}
std::uint16_t TlsReceiver::port() const {
  return server_->port();
}
const std::filesystem::path& TlsReceiver::certificate() const {
  return server_->certificate();
}
std::size_t TlsReceiver::count() const {
  return server_->count();
}
std::size_t TlsReceiver::connections() const {
  return server_->connections();
}
std::size_t TlsReceiver::handshakes() const {
  return server_->handshakes();
}
std::size_t TlsReceiver::resumed() const {
  return server_->resumed();
}

}  // namespace dispatch::test
