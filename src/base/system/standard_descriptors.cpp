#include "base/system/standard_descriptors.hpp"

#include <cerrno>
#include <initializer_list>

#include <fcntl.h>
#include <unistd.h>

namespace dispatch {

bool fill_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    const int way = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY;  // the way in which it is not used
    if (::open("/dev/null", way) != descriptor) return false;          // the lowest free number is this one
  }
  return true;
}

}  // namespace dispatch
