#pragma once

#include "delivery/http/curl.hpp"
#include "delivery/http/http_options.hpp"

#include <cstddef>

namespace dispatch::delivery {

/// What libcurl calls for a transfer, and where it writes. Borrowed as long as the easy handle lives.
struct TransferCallbacks {
  void* transfer;    ///< is given to each of them
  char* error_text;  ///< CURL_ERROR_SIZE bytes
  int (*on_request)(void* transfer, char* address, char* local_address, int port, int local_port);
  std::size_t (*on_header)(const char* text, std::size_t, std::size_t bytes, void* transfer);
  std::size_t (*on_body)(const char* text, std::size_t, std::size_t bytes, void* transfer);
  curl_socket_t (*on_socket)(void* transfer, curlsocktype, curl_sockaddr* address);
  CURLcode (*on_tls)(CURL*, void* context, void* transfer);
};

/// Sets what is the same for every attempt that the easy handle makes: protocols, the way to the receiver,
/// TLS and the callbacks. `options` are borrowed as long as the handle lives.
void set_up_transfer(CURL* easy, const HttpOptions& options, const TransferCallbacks& callbacks);

}  // namespace dispatch::delivery
