#pragma once

#include <array>
#include <memory>
#include <string_view>

namespace dispatch {

using Sha256 = std::array<unsigned char, 32>;

/// The bytes of a digest as text.
inline std::string_view as_text(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// Computes SHA-256 (FIPS 180-4) of a text in pieces, by OpenSSL. Used by one thread.
class Sha256Stream {
 public:
  Sha256Stream();
  Sha256Stream(Sha256Stream&&) noexcept;
  Sha256Stream& operator=(Sha256Stream&&) noexcept;
  ~Sha256Stream();

  void add(std::string_view piece);
  /// Returns the digest of all pieces since the last call, and starts a new text.
  Sha256 finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace dispatch
