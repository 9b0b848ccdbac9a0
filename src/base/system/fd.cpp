#include "base/system/fd.hpp"

#include <system_error>

namespace dispatch {

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

}  // namespace dispatch
