#include "base/system/signals.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>

namespace dispatch {

std::vector<int> end_signals() {
  std::vector<int> signals{SIGTERM, SIGINT};
  struct sigaction hang_up {};
  const bool ignored = ::sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler == SIG_IGN;
  if (!ignored) signals.push_back(SIGHUP);
  return signals;
}

Signals::Signals(const std::vector<int>& signals, Handler handler) : handler_(std::move(handler)) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, &former_mask_);
  arrivals_ = Fd{signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
  stop_ = Fd{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!arrivals_ || !stop_) throw std::system_error(errno, std::generic_category(), "signalfd");
  watcher_ = std::thread([this] { watch(); });
}

Signals::~Signals() {
  eventfd_write(stop_.get(), 1);
  watcher_.join();
  pthread_sigmask(SIG_SETMASK, &former_mask_, nullptr);
}

void Signals::watch() {
  std::array<pollfd, 2> watched{pollfd{arrivals_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
  while (true) {
    if (poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return;
    if (watched[1].revents != 0) return;
    signalfd_siginfo arrival{};
    while (read(arrivals_.get(), &arrival, sizeof arrival) == sizeof arrival)
      handler_(static_cast<int>(arrival.ssi_signo));
  }
}

}  // namespace dispatch
