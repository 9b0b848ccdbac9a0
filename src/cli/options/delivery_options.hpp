#pragma once

#include "cli/options/command.hpp"
#include "delivery/http/http_options.hpp"
#include "flow/rules/options.hpp"

#include <string>

namespace dispatch::cli {

/// Options of `run` for delivering. The stream's start and the handling of bad lines are input options.
struct DeliveryOptions {
  flow::RunOptions run;
  delivery::HttpOptions http;
  std::string tls_key_log;  ///< a file to which TLS session keys are appended; empty: none
};

void add_delivery_options(Command command, DeliveryOptions& options);

}  // namespace dispatch::cli
