#pragma once

#include "cli/options/command.hpp"
#include "delivery/http/http_options.hpp"
#include "flow/rules/options.hpp"

#include <string>

namespace dispatch::cli {

/// What `run` is told about delivering. The stream's start and what a bad line does are input options.
struct DeliveryOptions {
  flow::RunOptions run;
  delivery::HttpOptions http;
  std::string tls_key_log;  ///< a file that the keys of TLS connections are appended to; empty: none
};

void add_delivery_options(Command command, DeliveryOptions& options);

}  // namespace dispatch::cli
