#include "system/crash/come_past.hpp"

#include "system/crash/crash_points.hpp"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>

#include <unistd.h>

namespace dispatch::test {
namespace {

struct Order {
  std::string_view point;
  std::atomic<long> times_left{0};

  Order() noexcept {
    const char* told = std::getenv(end_at_variable);
    if (told == nullptr) return;
    const std::string_view text{told};
    const auto colon = text.find(':');
    long times = 0;
    const bool read = colon != text.npos &&
                      std::from_chars(text.data() + colon + 1, text.data() + text.size(), times).ptr ==
                          text.data() + text.size();
    if (!read || times < 1) std::abort();  // a test that is mistaken must not pass
    point = text.substr(0, colon);
    times_left = times;
  }
};

Order& order() noexcept {
  static Order the_order;
  return the_order;
}

}  // namespace

bool ends_at(std::string_view point) noexcept {
  return order().point == point;
}

void come_past(std::string_view point) noexcept {
  if (!ends_at(point) || order().times_left.fetch_sub(1) != 1) return;
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

}  // namespace dispatch::test
