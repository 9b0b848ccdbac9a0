#include "cli/output/screen.hpp"

#include <cstdlib>
#include <string_view>

#include <unistd.h>

namespace dispatch::cli {

bool is_screen(int descriptor) {
  const char* const terminal = std::getenv("TERM");
  return terminal != nullptr && *terminal != '\0' && std::string_view{terminal} != "dumb" &&
         ::isatty(descriptor) == 1;
}

}  // namespace dispatch::cli
