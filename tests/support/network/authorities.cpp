#include "support/network/authorities.hpp"

#include <atomic>

#include <dlfcn.h>
#include <openssl/x509_vfy.h>

namespace dispatch::test {
namespace {

std::atomic<std::size_t>& count() {
  static std::atomic<std::size_t> count{0};
  return count;
}

}  // namespace

std::size_t directories_trusted() {
  return count();
}

}  // namespace dispatch::test

extern "C" int X509_STORE_load_path(X509_STORE* store, const char* path) {
  ++dispatch::test::count();
  using LoadPath = int (*)(X509_STORE*, const char*);
  static const auto load = reinterpret_cast<LoadPath>(::dlsym(RTLD_NEXT, "X509_STORE_load_path"));
  return load(store, path);
}
