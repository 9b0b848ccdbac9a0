#include "delivery/http/socket_watch.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <sys/eventfd.h>
#include <sys/socket.h>

namespace dispatch::delivery {
namespace {

std::uint64_t tag(int socket, std::uint32_t generation) {
  return std::uint64_t{generation} << 32 | static_cast<std::uint32_t>(socket);
}

int milliseconds(std::optional<std::chrono::milliseconds> most) {
  return most ? static_cast<int>(std::clamp<std::int64_t>(most->count(), 0, 60'000)) : -1;
}

}  // namespace

Result<SocketWatch> SocketWatch::open() {
  SocketWatch watch{Fd{::epoll_create1(EPOLL_CLOEXEC)}, Fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}};
  if (!watch.epoll_ || !watch.wake_)
    return fail("cannot wait for connections: {}; raise the limit of open files (ulimit -n)",
                errno_text(errno));
  watch.opened(watch.wake_.get());
  if (const int error = watch.want(watch.wake_.get(), EPOLLIN); error != 0)
    return fail("cannot wait for connections: {}", errno_text(error));
  return watch;
}

void SocketWatch::opened(int socket) {
  forget(socket);
  known(socket) = {.generation = next_generation(), .ours = true};
  ++open_;
}

int SocketWatch::want(int socket, std::uint32_t events) {
  Known& it = known(socket);
  if (it.generation == 0) it.generation = next_generation();
  it.wanted = events;
  if (it.connected && it.registered == events) return 0;
  int error = control(it.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, it);
  if (error == ENOENT) {  // closed without a word, and the number belongs to another socket now
    forget(socket);
    it = {.generation = next_generation(), .wanted = events};
    error = control(EPOLL_CTL_ADD, socket, it);
  } else if (error == EEXIST) {
    error = control(EPOLL_CTL_MOD, socket, it);
  }
  it.registered = error == 0 ? events : 0;
  it.connected = it.ours && error == 0 && (it.connected || (events & EPOLLIN) != 0);
  return error;
}

void SocketWatch::unwant(int socket) {
  Known& it = known(socket);
  it.wanted = 0;
  if (!it.ours || it.registered == 0) {
    if (it.registered != 0) control(EPOLL_CTL_DEL, socket, it);  // or it is closed already
    return forget(socket);
  }
  if (it.registered == EPOLLIN) return;
  it.wanted = EPOLLIN;  // room to write is no news of an idle socket
  if (control(EPOLL_CTL_MOD, socket, it) != 0) return forget(socket);  // closed without a word
  it.wanted = 0;
  it.registered = EPOLLIN;
}

void SocketWatch::closing(int socket) {
  const Known& it = known(socket);
  // The kernel forgets a socket that is closed, but not while a child that is being started holds a copy.
  if (it.registered != 0) control(EPOLL_CTL_DEL, socket, it);
  forget(socket);
}

const std::vector<SocketWatch::Ready>& SocketWatch::wait(std::optional<std::chrono::milliseconds> most) {
  ready_.clear();
  events_.resize(std::max<std::size_t>(known_.size(), 64));
  const int count =
      ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), milliseconds(most));
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    const int socket = static_cast<int>(event.data.u64 & 0xffffffff);
    if (socket == wake_.get()) {
      eventfd_t calls = 0;
      ::eventfd_read(socket, &calls);
    } else {
      ready_.push_back({socket, event.events, static_cast<std::uint32_t>(event.data.u64 >> 32)});
    }
  }
  return ready_;
}

SocketWatch::Meaning SocketWatch::meaning(const Ready& ready) const {
  const auto index = static_cast<std::size_t>(ready.socket);
  if (index >= known_.size() || known_[index].generation != ready.generation) return Meaning::stale;
  return known_[index].wanted != 0 ? Meaning::wanted : Meaning::idle;
}

void SocketWatch::discard(const Ready& ready) {
  if (meaning(ready) != Meaning::idle) return;
  // What made it ready may have been read since.
  char byte = 0;
  if (::recv(ready.socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN) return;
  // What can be taken out is what was put in: the descriptor is still that socket.
  const bool same = control(EPOLL_CTL_DEL, ready.socket, known(ready.socket)) == 0;
  known(ready.socket).registered = 0;
  if (!same) return forget(ready.socket);
  ::shutdown(ready.socket, SHUT_RDWR);
  constexpr std::size_t all = std::size_t{1} << 30;
  int rounds_left = 64;  // for one that never stops
  ssize_t discarded = 1;
  while (discarded > 0 && rounds_left-- > 0)
    discarded = ::recv(ready.socket, nullptr, all, MSG_TRUNC | MSG_DONTWAIT);
}

void SocketWatch::wake() const noexcept {
  ::eventfd_write(wake_.get(), 1);
}

SocketWatch::Known& SocketWatch::known(int socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (index >= known_.size()) known_.resize(std::max(index + 1, known_.size() * 2));
  return known_[index];
}

int SocketWatch::control(int operation, int socket, const Known& known) const {
  epoll_event event{};
  event.events = known.wanted;
  event.data.u64 = tag(socket, known.generation);
  return ::epoll_ctl(epoll_.get(), operation, socket, &event) == 0 ? 0 : errno;
}

void SocketWatch::forget(int socket) {
  Known& it = known(socket);
  if (it.ours) --open_;
  it = {};
}

std::uint32_t SocketWatch::next_generation() {
  if (++generations_ == 0) ++generations_;
  return generations_;
}

}  // namespace dispatch::delivery
