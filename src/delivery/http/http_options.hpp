#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace dispatch::delivery {

/// How requests are made.
struct HttpOptions {
  /// For one request, everything included: name, connection, TLS, sending, the whole answer; a subscription's
  /// own goes before it. While the process stands still it does not run. Default 5 s.
  std::chrono::milliseconds timeout{5'000};
  /// Idle connections kept open for the next request. At least the number of requests at a time, or
  /// connections are made anew that could have been kept. Default 1,024.
  std::size_t connections_kept = 1'024;
  /// An idle connection older than this is not used again. Less than the 5 s after which common servers
  /// (Node.js) close theirs, because a request that meets the closing costs an attempt. Whole seconds.
  /// Default 4 s.
  std::chrono::seconds connection_idle_most{4};
  /// A connection older than this, plus up to a tenth at random, is not used again, so that requests follow a
  /// host that moves to another address: within one and a half of it, addresses being looked up again more
  /// often. At least 2 s. Default 60 s.
  std::chrono::milliseconds connection_lifetime{60'000};
  /// Bytes of an answer's body that are read; the rest is cut off with the connection. Default 64 KiB.
  std::size_t body_most = 65'536;
  /// Bytes of an answer's status line and headers; an answer with more of them is broken. Default 64 KiB.
  std::size_t headers_most = 65'536;
  /// Bytes of the body that are kept where the answer is not a 2xx. Default 1,024.
  std::size_t excerpt_most = 1'024;
  /// A PEM file of the certificate authorities to trust instead of the system's; empty: the system's.
  std::string ca_file;
  /// A PEM file of the certificate, and of those between it and its authority, that the client shows to
  /// servers that ask; empty: none. And the PEM file of its key; empty: the same file.
  std::string client_certificate, client_key;
  /// The proxy that all requests go through, as parse_proxy_url() gives it; empty: none. Never shown.
  std::string proxy;
  /// Hosts to which requests do not go through the proxy, as CURLOPT_NOPROXY takes them: names, which mean
  /// those below them too, and addresses or networks, separated by commas; "*": all. Empty: none.
  std::string no_proxy;
  /// The path of a Unix socket that all requests go to, whatever their URLs say; empty: none.
  std::string unix_socket;
  /// Addresses that are not public are not connected to, for no subscription. Cannot be had with a proxy or a
  /// Unix socket, as then nobody here sees the address.
  bool deny_private = false;

  const std::string& client_key_file() const { return client_key.empty() ? client_certificate : client_key; }
};

}  // namespace dispatch::delivery
