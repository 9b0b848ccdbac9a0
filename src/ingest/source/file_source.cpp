#include "ingest/source/file_source.hpp"

#include <cerrno>

#include <unistd.h>

namespace dispatch::ingest {

Result<std::size_t> FileSource::read(std::span<char> into) {
  while (true) {
    const ssize_t got = ::read(file_.get(), into.data(), into.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) return fail("cannot read {}: {}", name_, errno_text(errno));
  }
}

}  // namespace dispatch::ingest
