#pragma once

#include "cli/options/command.hpp"
#include "delivery/http/http_options.hpp"
#include "delivery/http/http_threads.hpp"
#include "flow/rules/options.hpp"

#include <cstddef>
#include <string>
#include <thread>

namespace dispatch::cli {

/// Options of `run` for delivering. The stream's start and the handling of bad lines are input options.
struct DeliveryOptions {
  flow::RunOptions run;
  delivery::HttpOptions http;
  std::size_t threads =
      delivery::http_threads_by_default(std::thread::hardware_concurrency());  ///< that make requests
  std::string tls_key_log;  ///< a file to which TLS session keys are appended; empty: none
};

void add_delivery_options(Command command, DeliveryOptions& options);

}  // namespace dispatch::cli
