#include "ingest/source/stream_source.hpp"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace dispatch::ingest {

void StreamSource::Signal::operator()() const noexcept {
  eventfd_write(fd, 1);
}

Result<std::unique_ptr<StreamSource>> StreamSource::make(std::string name, Fd stream,
                                                         const std::stop_token& stop) {
  Fd stopped{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!stopped) return fail("cannot wait for input from {}: {}", name, errno_text(errno));
  return std::make_unique<StreamSource>(Made{}, std::move(name), std::move(stream), std::move(stopped), stop);
}

Result<std::size_t> StreamSource::read(std::span<char> into) {
  while (true) {
    std::array<pollfd, 2> watched{pollfd{stopped_.get(), POLLIN, 0}, pollfd{stream_.get(), POLLIN, 0}};
    if (poll(watched.data(), watched.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return fail("cannot wait for input from {}: {}", name_, errno_text(errno));
    }
    if (watched[0].revents != 0) return std::size_t{0};
    const ssize_t got = ::read(stream_.get(), into.data(), into.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    // EAGAIN: another process has made the shared descriptor non-blocking and was quicker; wait again.
    if (errno != EINTR && errno != EAGAIN) return fail("cannot read {}: {}", name_, errno_text(errno));
  }
}

bool StreamSource::ready() {
  std::array<pollfd, 2> watched{pollfd{stopped_.get(), POLLIN, 0}, pollfd{stream_.get(), POLLIN, 0}};
  return poll(watched.data(), watched.size(), 0) > 0;
}

}  // namespace dispatch::ingest
