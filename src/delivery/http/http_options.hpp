#pragma once

#include "base/error.hpp"
#include "event/outgoing.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace dispatch::delivery {

/// What makes the requests.
enum class HttpClient {
  direct,   ///< this program, on connections that libcurl makes; what it cannot do is done by libcurl
  libcurl,  ///< libcurl
};

/// Which version of HTTP is spoken.
enum class HttpVersion {
  http1,  ///< HTTP/1.1 (RFC 9112)
  http2,  ///< over https HTTP/2 (RFC 9113) with servers that choose it (ALPN), HTTP/1.1 otherwise
};

/// "1.1" or "2".
Result<HttpVersion> parse_http_version(std::string_view text);

/// Options for making requests.
struct HttpOptions {
  HttpClient client = HttpClient::direct;
  HttpVersion version = HttpVersion::http1;
  /// Time limit of one whole request: name look-up, connection, TLS, sending, and the complete answer. A
  /// subscription's own timeout has priority. The time does not run while the process is stopped. Default 5
  /// s.
  std::chrono::milliseconds timeout{5'000};
  /// Idle connections kept open for later requests. With less than the number of concurrent requests,
  /// connections are closed and opened again. Default 1,024.
  std::size_t connections_kept = 1'024;
  /// Maximum idle time of a connection that is used again. Less than the 5 s after which common servers
  /// (Node.js) close theirs, because a request on a closing connection costs an attempt. Whole seconds.
  /// Default 4 s.
  std::chrono::seconds connection_idle_most{4};
  /// Maximum age of a connection that is used again, plus up to a tenth at random. When a host moves to
  /// another address, requests follow within one and a half lifetimes, because addresses are looked up again
  /// more often. At least 2 s. Default 60 s.
  std::chrono::milliseconds connection_lifetime{60'000};
  /// Bytes of an answer's body that are read; then the connection is closed. Default 64 KiB.
  std::size_t body_most = 65'536;
  /// Maximum bytes of an answer's status line and headers; an answer with more is broken. Default 64 KiB.
  std::size_t headers_most = 65'536;
  /// Bytes of the body that are stored if the answer is not a 2xx. Default 1,024.
  std::size_t excerpt_most = 1'024;
  /// A PEM file of the certificate authorities to trust instead of the system's; empty: the system's.
  std::string ca_file;
  /// A PEM file with the client certificate and its intermediate certificates; empty: none. And the PEM file
  /// of its key; empty: the same file.
  std::string client_certificate, client_key;
  /// The proxy for all requests, as parse_proxy_url() returns it; empty: none. Contains credentials: do not
  /// show it.
  std::string proxy;
  /// Hosts that are reached without the proxy, in the form of CURLOPT_NOPROXY: names, which include their
  /// subdomains, and addresses or networks, separated by commas; "*": all. Empty: none.
  std::string no_proxy;
  /// The path of a Unix socket to which all requests go, whatever their URL; empty: none.
  std::string unix_socket;
  /// True: connect only to public addresses, for all subscriptions. Cannot be combined with a proxy or a Unix
  /// socket, because then this program does not see the address.
  bool deny_private = false;

  const std::string& client_key_file() const { return client_key.empty() ? client_certificate : client_key; }
};

/// The time limit of one whole request for `outgoing`.
inline std::chrono::milliseconds timeout_of(const Outgoing& outgoing, const HttpOptions& options) {
  return outgoing.subscription ? outgoing.subscription->timeout.value_or(options.timeout) : options.timeout;
}

/// Refuses options of the way to the servers that contradict each other, as misuse.
Result<> check_way(const HttpOptions& options);

}  // namespace dispatch::delivery
