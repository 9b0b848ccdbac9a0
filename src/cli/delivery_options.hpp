#pragma once

#include "flow/options.hpp"

#include <chrono>
#include <string>

#include <CLI/CLI.hpp>

namespace dispatch::cli {

/// What `run` is told about delivering. The stream's start and what a bad line does are input options.
struct DeliveryOptions {
  flow::RunOptions run;
  std::chrono::milliseconds timeout{5'000};  ///< for one request, everything included
  std::string ca_file;                       ///< PEM; empty: the system's authorities
};

void add_delivery_options(CLI::App& command, DeliveryOptions& options);

}  // namespace dispatch::cli
