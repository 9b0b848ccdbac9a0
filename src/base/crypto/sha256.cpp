#include "base/crypto/sha256.hpp"

#include <stdexcept>

#include <openssl/evp.h>

namespace dispatch {
namespace {

void must(int answer) {
  if (answer != 1) throw std::runtime_error{"OpenSSL cannot make a SHA-256"};
}

}  // namespace

struct Sha256Stream::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(evp); }
};

Sha256Stream::Sha256Stream() : context_(std::make_unique<Context>()) {
  must(context_->evp == nullptr ? 0 : EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr));
}
Sha256Stream::Sha256Stream(Sha256Stream&&) noexcept = default;
Sha256Stream& Sha256Stream::operator=(Sha256Stream&&) noexcept = default;
Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::add(std::string_view piece) {
  must(EVP_DigestUpdate(context_->evp, piece.data(), piece.size()));
}

Sha256 Sha256Stream::finish() {
  Sha256 digest{};
  unsigned size = 0;
  must(EVP_DigestFinal_ex(context_->evp, digest.data(), &size));
  must(EVP_DigestInit_ex(context_->evp, nullptr, nullptr));
  return digest;
}

}  // namespace dispatch
