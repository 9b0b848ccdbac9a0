#pragma once

#include "delivery/http/http_options.hpp"
#include "flow/options.hpp"

#include <CLI/CLI.hpp>

namespace dispatch::cli {

/// What `run` is told about delivering. The stream's start and what a bad line does are input options.
struct DeliveryOptions {
  flow::RunOptions run;
  delivery::HttpOptions http;
};

void add_delivery_options(CLI::App& command, DeliveryOptions& options);

}  // namespace dispatch::cli
