#include "system/program/preloaded_clock.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <system_error>

#include <fcntl.h>

namespace dispatch::test {

PreloadedClock::PreloadedClock(const TempDir& directory)
    : path_(directory.write("clock", std::string(sizeof(std::int64_t), '\0'))),
      file_(::open(path_.c_str(), O_WRONLY | O_CLOEXEC)) {
  if (!file_) throw std::system_error(errno, std::generic_category(), path_);
}

Child::Setup PreloadedClock::setup() const {
  Child::Setup setup;
  setup.environment = {{"LD_PRELOAD", DISPATCH_PRELOADED_CLOCK}, {"DISPATCH_TEST_CLOCK", path_}};
  // The sanitizer wants to be loaded first; it need not be.
  const char* const options = std::getenv("ASAN_OPTIONS");
  setup.environment["ASAN_OPTIONS"] =
      (options != nullptr ? std::string{options} + ":" : std::string{}) + "verify_asan_link_order=0";
  return setup;
}

void PreloadedClock::set(std::chrono::nanoseconds ahead) const {
  const std::int64_t offset = ahead.count();
  if (::pwrite(file_.get(), &offset, sizeof offset, 0) != sizeof offset)
    throw std::system_error(errno, std::generic_category(), path_);
}

}  // namespace dispatch::test
