#include "cli/run/interruption.hpp"

#include <cstring>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

constexpr std::chrono::milliseconds same_signal{500};

}  // namespace

void Interruption::operator()(int signal) {
  const auto name = fmt::format("SIG{}", ::sigabbrev_np(signal));
  const SteadyTime now = clock_.steady();
  if (first_ && signal == first_->signal && now - first_->when < same_signal) return;
  if (first_) {
    aborting_ = true;
    inbox_.stop(flow::Stop::abort);
    log_->warn("{} again: requests under way are aborted and count as unknown", name);
    return;
  }
  first_ = {signal, now};
  stopping_ = true;
  input_.request_stop();
  inbox_.stop(flow::Stop::drain);
  // Said when it is done: whoever should read it may not.
  log_->info("{}: no new request starts, those under way finish; the same again aborts them", name);
}

}  // namespace dispatch::cli
