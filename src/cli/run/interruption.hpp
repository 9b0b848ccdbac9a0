#pragma once

#include "base/clock.hpp"
#include "flow/intake/inbox.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include <spdlog/logger.h>

namespace dispatch::cli {

/// What SIGTERM, SIGINT and SIGHUP do to a run: the first one drains it, the next one aborts the requests
/// under way. The same signal within half a second counts as the first, because timeout(1) and others send it
/// both to the program and to its process group. Used by the one thread that handles signals.
class Interruption {
 public:
  /// All arguments are borrowed. `input` stops a wait for input.
  Interruption(flow::Inbox& inbox, std::stop_source& input, const Clock& clock,
               std::shared_ptr<spdlog::logger> log)
      : inbox_(inbox), input_(input), clock_(clock), log_(std::move(log)) {}

  void operator()(int signal);

  /// True from the first signal on. Thread-safe.
  bool stopping() const { return stopping_; }
  /// True from the signal on that aborts the requests under way. Thread-safe.
  bool aborting() const { return aborting_; }

 private:
  flow::Inbox& inbox_;
  std::stop_source& input_;
  const Clock& clock_;
  std::shared_ptr<spdlog::logger> log_;
  struct Came {
    int signal;
    SteadyTime when;
  };
  std::optional<Came> first_;  ///< the signal that started the drain
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> aborting_ = false;
};

}  // namespace dispatch::cli
