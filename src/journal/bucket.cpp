#include "journal/bucket.hpp"

#include <xxhash.h>

namespace dispatch::journal {

std::size_t bucket_of(std::string_view host) {
  return static_cast<std::size_t>(XXH3_64bits(host.data(), host.size()) % bucket_count);
}

}  // namespace dispatch::journal
