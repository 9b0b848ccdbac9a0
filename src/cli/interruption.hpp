#pragma once

#include "flow/inbox.hpp"

#include <memory>
#include <stop_token>

#include <spdlog/logger.h>

namespace dispatch::cli {

/// What SIGTERM, SIGINT and SIGHUP mean to a run: the first one drains it, the next one aborts the requests
/// under way. Used by the one thread that signals are handed to.
class Interruption {
 public:
  /// Borrowed. `input` stops a wait for input.
  Interruption(flow::Inbox& inbox, std::stop_source& input, std::shared_ptr<spdlog::logger> log)
      : inbox_(inbox), input_(input), log_(std::move(log)) {}

  void operator()(int signal);

 private:
  flow::Inbox& inbox_;
  std::stop_source& input_;
  std::shared_ptr<spdlog::logger> log_;
  bool draining_ = false;
};

}  // namespace dispatch::cli
