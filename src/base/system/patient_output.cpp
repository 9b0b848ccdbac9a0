#include "base/system/patient_output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <unistd.h>

namespace dispatch {
namespace {

using namespace std::chrono_literals;

/// So often it looks whether it is in a hurry by now.
constexpr std::chrono::milliseconds look_every = 50ms;

}  // namespace

void PatientOutput::write(std::string_view text) {
  const std::scoped_lock lock{mutex_};
  while (!text.empty()) {
    if (!wait_for_room()) return;
    // A pipe with room takes as much as this without waiting (pipe(7)).
    const ssize_t written = ::write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void PatientOutput::hurry(std::chrono::milliseconds patience) {
  Time never = Time::max();
  until_.compare_exchange_strong(never, std::chrono::steady_clock::now() + patience);
}

bool PatientOutput::wait_for_room() const {
  while (true) {
    pollfd watched{descriptor_, POLLOUT, 0};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until_.load() - std::chrono::steady_clock::now());
    const auto wait = std::clamp(left, 0ms, look_every);
    if (::poll(&watched, 1, static_cast<int>(wait.count())) > 0) return true;
    if (left <= 0ms) return false;
  }
}

}  // namespace dispatch
