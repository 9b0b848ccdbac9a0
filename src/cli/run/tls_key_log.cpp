#include "cli/run/tls_key_log.hpp"

#include "base/system/fd.hpp"

#include <cerrno>
#include <cstdlib>

#include <fcntl.h>

namespace dispatch::cli {
namespace {

constexpr const char* key_log_variable = "SSLKEYLOGFILE";

}  // namespace

Result<> log_tls_keys(const std::string& path, spdlog::logger& log) {
  const Fd file{::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!file) return misuse("--tls-key-log: cannot write to {}: {}", path, errno_text(errno));
  ::setenv(key_log_variable, path.c_str(), 1);
  log.warn("the keys of all TLS connections are written to {}; with them all that is sent can be read", path);
  return {};
}

void ignore_tls_key_variable() {
  ::unsetenv(key_log_variable);
}

}  // namespace dispatch::cli
