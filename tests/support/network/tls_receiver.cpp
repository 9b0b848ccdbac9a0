#include "support/network/tls_receiver.hpp"

#include "base/system/fd.hpp"
#include "support/disk/temp_dir.hpp"
#include "support/network/http_wire.hpp"
#include "support/network/loopback.hpp"
#include "support/network/names.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace dispatch::test {
namespace {

template <class T, void (*end)(T*)>
struct Ends {
  void operator()(T* thing) const { end(thing); }
};
using Key = std::unique_ptr<EVP_PKEY, Ends<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Ends<X509, X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Ends<SSL_CTX, SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Ends<SSL, SSL_free>>;

void must(bool good, const char* what) {
  if (!good) throw std::runtime_error{std::string{"cannot set up TLS: "} + what};
}

Certificate self_signed(EVP_PKEY* key, const std::string& address, std::chrono::seconds expires) {
  Certificate certificate{X509_new()};
  X509* const x509 = certificate.get();
  must(x509 != nullptr, "certificate");
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), expires.count() - 7200);
  X509_gmtime_adj(X509_getm_notAfter(x509), expires.count());
  X509_set_pubkey(x509, key);
  X509_NAME* const subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("receiver"),
                             -1, -1, 0);
  X509_set_issuer_name(x509, subject);
  const std::string name = name_of(address), names = "IP:" + address + ",DNS:" + name + ",DNS:*." + name;
  X509_EXTENSION* const alternative =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  must(alternative != nullptr, "subject alternative name");
  X509_add_ext(x509, alternative, -1);
  X509_EXTENSION_free(alternative);
  must(X509_sign(x509, key, EVP_sha256()) > 0, "signature");
  return certificate;
}

/// A file that is removed at the end.
class PemFile {
 public:
  PemFile(X509* certificate, EVP_PKEY* key) {
    path_ = directory_ / "certificate.pem";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path_.c_str(), "w"), &std::fclose};
    must(file != nullptr && PEM_write_X509(file.get(), certificate) == 1 &&
             PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
         "PEM file");
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  TempDir directory_;
  std::filesystem::path path_;
};

}  // namespace

class TlsReceiver::Server {
 public:
  explicit Server(const Setup& setup)
      : setup_(setup),
        key_(EVP_EC_gen("P-256")),
        certificate_(self_signed(key_.get(), setup.certified_address, setup.expires)),
        file_(certificate_.get(), key_.get()),
        context_(SSL_CTX_new(TLS_server_method())) {
    must(context_ != nullptr, "context");
    must(SSL_CTX_use_certificate(context_.get(), certificate_.get()) == 1, "certificate");
    must(SSL_CTX_use_PrivateKey(context_.get(), key_.get()) == 1, "key");
    const std::array<unsigned char, 1> sessions{'r'};
    SSL_CTX_set_session_id_context(context_.get(), sessions.data(), sessions.size());
    if (setup.asks_client) {
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      must(SSL_CTX_load_verify_file(context_.get(), file_.path().c_str()) == 1, "authority");
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
  const PemFile& file() const { return file_; }
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
    const Session session{SSL_new(context_.get())};
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
  Key key_;
  Certificate certificate_;
  PemFile file_;
  Context context_;
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
  return server_->file().path();
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
