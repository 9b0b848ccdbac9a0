#include "cli/interruption.hpp"

#include <csignal>

namespace dispatch::cli {

void Interruption::operator()(int signal) {
  const char* name = signal == SIGINT ? "SIGINT" : "SIGTERM";
  if (draining_) {
    log_->warn("{} again: requests under way are aborted and count as unknown", name);
    inbox_.stop(flow::Stop::abort);
    return;
  }
  draining_ = true;
  log_->info("{}: no new request starts, those under way finish; the same again aborts them", name);
  input_.request_stop();
  inbox_.stop(flow::Stop::drain);
}

}  // namespace dispatch::cli
