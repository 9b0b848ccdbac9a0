#include "delivery/http/http2/alpn.hpp"

#include <string_view>

namespace dispatch::delivery {

bool offer_http2(SSL_CTX& context) {
  constexpr std::string_view offered{"\x02h2\x08http/1.1"};
  return SSL_CTX_set_alpn_protos(&context, reinterpret_cast<const unsigned char*>(offered.data()),
                                 static_cast<unsigned>(offered.size())) == 0;
}

bool has_chosen_http2(CURL* easy) {
  const curl_tlssessioninfo* connection = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &connection) != CURLE_OK || connection == nullptr ||
      connection->internals == nullptr)
    return false;
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(static_cast<const SSL*>(connection->internals), &name, &length);
  return std::string_view{reinterpret_cast<const char*>(name), length} == "h2";
}

}  // namespace dispatch::delivery
