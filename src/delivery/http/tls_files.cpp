#include "delivery/http/tls_files.hpp"

#include "base/system/fd.hpp"

#include <cerrno>
#include <memory>
#include <string>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

namespace dispatch::delivery {
namespace {

struct ContextEnds {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, ContextEnds>;

/// Instead of OpenSSL's own, which asks at the terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

std::string why() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "it holds none";
}

Result<> readable(const std::string& path, const char* what) {
  if (::access(path.c_str(), R_OK) == 0) return {};
  return misuse("cannot read the {} in {}: {}", what, path, errno_text(errno));
}

Result<> check_client(SSL_CTX* context, const std::string& certificate, const std::string& key) {
  DISPATCH_TRY(readable(certificate, "client certificate"));
  DISPATCH_TRY(readable(key, "client certificate's key"));
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1)
    return misuse("cannot use the client certificate in {}: {}; it must be PEM", certificate, why());
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1)
    return misuse(
        "cannot use the client certificate's key in {}: {}; it must be PEM, fit the certificate, and "
        "need no passphrase (openssl pkey takes one away)",
        key, why());
  return {};
}

}  // namespace

Result<> check_tls_files(const HttpOptions& options) {
  const Context context{SSL_CTX_new(TLS_client_method())};
  if (!context) return fail("cannot set up TLS: {}", why());
  SSL_CTX_set_default_passwd_cb(context.get(), no_passphrase);
  if (!options.ca_file.empty()) {
    DISPATCH_TRY(readable(options.ca_file, "certificate authorities"));
    if (SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str()) != 1)
      return misuse("cannot use the certificate authorities in {}: {}; they must be PEM", options.ca_file,
                    why());
  }
  if (options.client_certificate.empty()) {
    if (options.client_key.empty()) return {};
    return misuse("the key in {} is of no use without its certificate", options.client_key);
  }
  return check_client(context.get(), options.client_certificate, options.client_key_file());
}

}  // namespace dispatch::delivery
