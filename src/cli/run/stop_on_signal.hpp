#pragma once

#include "base/system/signals.hpp"

#include <stop_token>

namespace dispatch::cli {

/// For a command that undoes its work when it is interrupted: while the object lives, SIGTERM, SIGINT and
/// SIGHUP request a stop instead of ending the process. Construct it before any other thread.
class StopOnSignal {
 public:
  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  Signals signals_{end_signals(), [this](int) { source_.request_stop(); }};
};

}  // namespace dispatch::cli
