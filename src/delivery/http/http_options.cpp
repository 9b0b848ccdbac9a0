#include "delivery/http/http_options.hpp"

#include <sys/un.h>

namespace dispatch::delivery {

Result<HttpVersion> parse_http_version(std::string_view text) {
  if (text == "1.1") return HttpVersion::http1;
  if (text == "2") return HttpVersion::http2;
  return misuse("'{}' is neither 1.1 nor 2", text);
}

Result<> check_way(const HttpOptions& options) {
  if (!options.proxy.empty() && !options.unix_socket.empty())
    return misuse("requests go through a proxy or to a Unix socket, not both");
  if (options.deny_private && (!options.proxy.empty() || !options.unix_socket.empty()))
    return misuse(
        "only public addresses are allowed, but through {} dispatch cannot see which address it connects to; "
        "give one of the two options",
        options.proxy.empty() ? "a Unix socket" : "a proxy");
  if (options.unix_socket.size() >= sizeof(sockaddr_un::sun_path))
    return misuse("the path of the Unix socket is longer than {} bytes: {}",
                  sizeof(sockaddr_un::sun_path) - 1, options.unix_socket);
  return {};
}

}  // namespace dispatch::delivery
