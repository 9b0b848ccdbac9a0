#include "delivery/http/transfer_setup.hpp"

namespace dispatch::delivery {
namespace {

/// Enough for an answer that is read and thrown away; libcurl's default of 16 KiB counts at thousands of
/// requests.
constexpr long receive_buffer_bytes = 4L * 1024;

/// By which way the receiver is reached.
void set_way(CURL* easy, const HttpOptions& options, const TransferCallbacks& callbacks) {
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callbacks.on_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, callbacks.transfer);
  // Both are set where they are empty as well, or libcurl asks the environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, options.proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_NOPROXY, options.no_proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);  // a proxy's 200 is nobody's answer
  if (!options.unix_socket.empty())
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options.unix_socket.c_str());
}

void set_tls(CURL* easy, const HttpOptions& options, const TransferCallbacks& callbacks) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, options.ca_file.c_str());
    // Or the system's directory is trusted as well.
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, nullptr);
  }
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);  // TlsSessions keeps them
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, callbacks.on_tls);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, callbacks.transfer);
  if (options.client_certificate.empty()) return;
  curl_easy_setopt(easy, CURLOPT_SSLCERT, options.client_certificate.c_str());
  curl_easy_setopt(easy, CURLOPT_SSLKEY, options.client_key_file().c_str());
  curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");  // or OpenSSL asks for one at the terminal
}

}  // namespace

void set_up_transfer(CURL* easy, const HttpOptions& options, const TransferCallbacks& callbacks) {
  curl_easy_setopt(easy, CURLOPT_PRIVATE, callbacks.transfer);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, callbacks.error_text);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(options.connection_idle_most.count()));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, receive_buffer_bytes);
  // A name server that does not answer must not hold up the other transfers when the one that asked has timed
  // out.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);

  set_way(easy, options, callbacks);
  set_tls(easy, options, callbacks);

  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, callbacks.on_request);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, callbacks.transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, callbacks.on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, callbacks.transfer);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, callbacks.on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, callbacks.transfer);
}

}  // namespace dispatch::delivery
