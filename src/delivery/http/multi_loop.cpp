#include "delivery/http/multi_loop.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/eventfd.h>
#include <sys/socket.h>

namespace dispatch::delivery {
namespace {

std::uint32_t epoll_events(int what) {
  switch (what) {
    case CURL_POLL_IN:
      return EPOLLIN;
    case CURL_POLL_OUT:
      return EPOLLOUT;
    case CURL_POLL_INOUT:
      return EPOLLIN | EPOLLOUT;
    default:
      return 0;
  }
}

int curl_events(std::uint32_t events) {
  int mask = 0;
  if ((events & (EPOLLIN | EPOLLHUP)) != 0) mask |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
  if ((events & EPOLLERR) != 0) mask |= CURL_CSELECT_ERR;
  return mask;
}

/// An idle connection stirs: it was closed, or says something that nobody asked. Whatever it says is no
/// answer to the next request, so libcurl, which looks at a connection before using it again, must find it at
/// its end. Requests begin in a turn after all that had stirred before it.
void discard(int fd) {
  ::shutdown(fd, SHUT_RDWR);
  constexpr std::size_t all = std::size_t{1} << 30;
  int rounds_left = 64;  // for one that never stops
  ssize_t discarded = 1;
  while (discarded > 0 && rounds_left-- > 0) discarded = ::recv(fd, nullptr, all, MSG_TRUNC | MSG_DONTWAIT);
}

}  // namespace

Result<std::unique_ptr<MultiLoop>> MultiLoop::open(std::size_t connections_kept) {
  auto global = CurlGlobal::acquire();
  if (!global) return tl::unexpected(std::move(global).error());
  std::unique_ptr<MultiLoop> loop{new MultiLoop};
  loop->global_.emplace(std::move(*global));

  loop->epoll_ = Fd{::epoll_create1(EPOLL_CLOEXEC)};
  loop->wake_ = Fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!loop->epoll_ || !loop->wake_)
    return fail("cannot wait for connections: {}; raise the limit of open files (ulimit -n)",
                errno_text(errno));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = loop->wake_.get();
  if (::epoll_ctl(loop->epoll_.get(), EPOLL_CTL_ADD, event.data.fd, &event) != 0)
    return fail("cannot wait for connections: {}", errno_text(errno));

  loop->multi_.reset(curl_multi_init());
  CURLM* const multi = loop->multi_.get();
  loop->nothing_shared_.reset(curl_share_init());
  if (multi == nullptr || loop->nothing_shared_ == nullptr)
    return fail("cannot set up libcurl: out of memory");
  curl_share_setopt(loop->nothing_shared_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &MultiLoop::on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, loop.get());
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &MultiLoop::on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, loop.get());
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(connections_kept));
  return loop;
}

void MultiLoop::adopt(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &MultiLoop::on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
}

void MultiLoop::release(CURL* easy) {
  // A handle that leaves and knows which connection it used last makes libcurl look at every connection there
  // is. Asked for that connection among those of a share, which has none, it forgets which it was.
  curl_socket_t none = CURL_SOCKET_BAD;
  curl_easy_setopt(easy, CURLOPT_SHARE, nothing_shared_.get());
  curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &none);
  curl_easy_setopt(easy, CURLOPT_SHARE, nullptr);
  curl_multi_remove_handle(multi_.get(), easy);
}

void MultiLoop::wait(std::optional<std::chrono::milliseconds> most) {
  events_.resize(std::max<std::size_t>(watches_.size(), 64));  // all that is ready belongs to one turn
  const int ready =
      ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), wait_ms(most));
  ready_ = static_cast<std::size_t>(std::max(ready, 0));
}

void MultiLoop::act() {
  int running = 0;
  for (std::size_t i = 0; i < ready_; ++i) {
    const auto& event = events_[i];
    const int fd = event.data.fd;
    if (fd == wake_.get()) {
      eventfd_t count = 0;
      ::eventfd_read(fd, &count);
      continue;
    }
    auto& watched = watch(fd);
    if (watched.wanted == 0) {
      register_wanted(fd, watched);
      discard(fd);
      continue;
    }
    // What fails here fails for one transfer, which then ends by itself, at the latest by its timeout.
    curl_multi_socket_action(multi_.get(), fd, curl_events(event.events), &running);
  }
  run_timers();
}

void MultiLoop::wake() const noexcept {
  ::eventfd_write(wake_.get(), 1);
}

int MultiLoop::on_socket(CURL*, curl_socket_t socket, int what, void* loop, void*) noexcept {
  auto& self = *static_cast<MultiLoop*>(loop);
  auto& watched = self.watch(socket);
  watched.wanted = epoll_events(what);
  if (watched.wanted != 0 && watched.wanted != watched.registered) self.register_wanted(socket, watched);
  return 0;
}

int MultiLoop::on_timer(CURLM*, long wait_ms, void* loop) noexcept {
  auto& timer = static_cast<MultiLoop*>(loop)->timer_;
  if (wait_ms < 0)
    timer.reset();
  else
    timer = std::chrono::steady_clock::now() + std::chrono::milliseconds{wait_ms};
  return 0;
}

int MultiLoop::on_close(void* loop, curl_socket_t socket) noexcept {
  // The kernel forgets a closed descriptor's registration, and the next socket may get its number.
  static_cast<MultiLoop*>(loop)->watch(socket) = {};
  return ::close(socket);
}

MultiLoop::Watch& MultiLoop::watch(curl_socket_t socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (index >= watches_.size()) watches_.resize(std::max(index + 1, watches_.size() * 2));
  return watches_[index];
}

void MultiLoop::register_wanted(curl_socket_t socket, Watch& watched) {
  const int operation = watched.wanted == 0       ? EPOLL_CTL_DEL
                        : watched.registered == 0 ? EPOLL_CTL_ADD
                                                  : EPOLL_CTL_MOD;
  epoll_event event{};
  event.events = watched.wanted;
  event.data.fd = socket;
  // Can fail only for want of kernel memory; the transfer then ends by its timeout.
  if (::epoll_ctl(epoll_.get(), operation, socket, &event) == 0) watched.registered = watched.wanted;
}

int MultiLoop::wait_ms(std::optional<std::chrono::milliseconds> most) const {
  auto wait = most;
  if (timer_) {
    const auto due = std::chrono::ceil<std::chrono::milliseconds>(*timer_ - std::chrono::steady_clock::now());
    wait = wait ? std::min(*wait, due) : due;
  }
  return wait ? static_cast<int>(std::clamp<std::int64_t>(wait->count(), 0, 60'000)) : -1;
}

void MultiLoop::run_timers() {
  if (!timer_ || std::chrono::steady_clock::now() < *timer_) return;
  timer_.reset();  // before the call, which sets it anew where more is to come
  int running = 0;
  curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
}

}  // namespace dispatch::delivery
