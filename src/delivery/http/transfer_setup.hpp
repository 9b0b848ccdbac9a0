#pragma once

#include "delivery/http/curl.hpp"
#include "delivery/http/http_options.hpp"

#include <cstddef>

namespace dispatch::delivery {

/// The callbacks of a transfer and the buffer for libcurl's error text. Borrowed as long as the easy handle
/// lives.
struct TransferCallbacks {
  void* transfer;    ///< passed to each callback
  char* error_text;  ///< CURL_ERROR_SIZE bytes
  int (*on_request)(void* transfer, char* address, char* local_address, int port, int local_port);
  std::size_t (*on_header)(const char* text, std::size_t, std::size_t bytes, void* transfer);
  std::size_t (*on_body)(const char* text, std::size_t, std::size_t bytes, void* transfer);
  curl_socket_t (*on_socket)(void* transfer, curlsocktype, curl_sockaddr* address);
  CURLcode (*on_tls)(CURL*, void* context, void* transfer);
};

/// Sets the options that are the same for every attempt of the easy handle: protocols, proxy or Unix socket,
/// TLS and the callbacks. `options` are borrowed as long as the handle lives.
void set_up_transfer(CURL* easy, const HttpOptions& options, const TransferCallbacks& callbacks);

}  // namespace dispatch::delivery
