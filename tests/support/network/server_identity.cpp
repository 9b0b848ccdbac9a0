#include "support/network/server_identity.hpp"

#include "support/disk/temp_dir.hpp"
#include "support/network/names.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace dispatch::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, Ends<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Ends<X509, X509_free>>;

Certificate self_signed(EVP_PKEY* key, const std::string& address, std::chrono::seconds expires) {
  Certificate certificate{X509_new()};
  X509* const x509 = certificate.get();
  tls_must(x509 != nullptr, "certificate");
  X509_set_version(x509, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), expires.count() - 7200);
  X509_gmtime_adj(X509_getm_notAfter(x509), expires.count());
  X509_set_pubkey(x509, key);
  X509_NAME* const name = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("receiver"), -1,
                             -1, 0);
  X509_set_issuer_name(x509, name);
  const std::string host = name_of(address), names = "IP:" + address + ",DNS:" + host + ",DNS:*." + host;
  X509_EXTENSION* const alternative =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  tls_must(alternative != nullptr, "subject alternative name");
  X509_add_ext(x509, alternative, -1);
  X509_EXTENSION_free(alternative);
  tls_must(X509_sign(x509, key, EVP_sha256()) > 0, "signature");
  return certificate;
}

/// A file that is removed at the end.
class PemFile {
 public:
  PemFile(X509* certificate, EVP_PKEY* key) {
    path_ = directory_ / "certificate.pem";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path_.c_str(), "w"), &std::fclose};
    tls_must(file != nullptr && PEM_write_X509(file.get(), certificate) == 1 &&
                 PEM_write_PrivateKey(file.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
             "PEM file");
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  TempDir directory_;
  std::filesystem::path path_;
};

}  // namespace

void tls_must(bool good, const char* what) {
  if (!good) throw std::runtime_error{std::string{"cannot set up TLS: "} + what};
}

struct ServerIdentity::Made {
  Made(const std::string& address, std::chrono::seconds expires)
      : certificate(self_signed(key.get(), address, expires)), file(certificate.get(), key.get()) {}

  Key key{EVP_EC_gen("P-256")};
  Certificate certificate;
  PemFile file;
};

ServerIdentity::ServerIdentity(const std::string& address, std::chrono::seconds expires)
    : made_(std::make_unique<Made>(address, expires)) {}
ServerIdentity::~ServerIdentity() = default;

TlsContext ServerIdentity::context() const {
  TlsContext context{SSL_CTX_new(TLS_server_method())};
  tls_must(context != nullptr, "context");
  tls_must(SSL_CTX_use_certificate(context.get(), made_->certificate.get()) == 1, "certificate");
  tls_must(SSL_CTX_use_PrivateKey(context.get(), made_->key.get()) == 1, "key");
  constexpr std::array<unsigned char, 1> sessions{'r'};
  SSL_CTX_set_session_id_context(context.get(), sessions.data(), sessions.size());
  return context;
}

const std::filesystem::path& ServerIdentity::file() const {
  return made_->file.path();
}

}  // namespace dispatch::test
