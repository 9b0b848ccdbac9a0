#pragma once

#include <curl/curl.h>
#include <openssl/ssl.h>

// Which version of HTTP a TLS connection speaks, as client and server agree on it (RFC 7301).

namespace dispatch::delivery {

/// Makes the connections of `context` offer HTTP/2, and HTTP/1.1 to servers without it. libcurl must not
/// offer protocols itself. Returns false if there is no memory.
bool offer_http2(SSL_CTX& context);

/// True if the server has chosen HTTP/2. For the callback before the request of a handle that is connected.
bool has_chosen_http2(CURL* easy);

}  // namespace dispatch::delivery
