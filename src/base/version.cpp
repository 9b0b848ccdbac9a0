#include "base/version.hpp"

namespace dispatch {

std::string_view version() {
  return DISPATCH_VERSION;
}

std::string_view product() {
  return "dispatch/" DISPATCH_VERSION;
}

}  // namespace dispatch
