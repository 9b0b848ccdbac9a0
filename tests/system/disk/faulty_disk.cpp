// Linked into the program: DISPATCH_TEST_DISK_FAULT="io_error 12" fails the twelfth operation, "io_error 12
// stays" that and all that follow. Without it the disk is as it is.

#include "support/disk/faulty_vfs.hpp"

#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>

namespace dispatch::test {
namespace {

std::unique_ptr<FaultyVfs> planned() {
  const char* plan = std::getenv("DISPATCH_TEST_DISK_FAULT");
  if (plan == nullptr) return nullptr;
  std::istringstream words{plan};
  std::string fault, stays;
  DiskFault disk;
  words >> fault >> disk.operation >> stays;
  const auto named = fault_named(fault);
  if (!named || disk.operation < 1) std::abort();
  disk.fault = *named;
  disk.stays = stays == "stays";
  return std::make_unique<FaultyVfs>(disk);
}

/// Made before main begins and gone after it.
const std::unique_ptr<FaultyVfs> disk = planned();

}  // namespace
}  // namespace dispatch::test
