#include "delivery/http/multi_loop.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

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

}  // namespace

Result<std::unique_ptr<MultiLoop>> MultiLoop::open(std::size_t connections_kept) {
  DISPATCH_ASSIGN(auto global, CurlGlobal::acquire());
  DISPATCH_ASSIGN(auto sockets, SocketWatch::open());
  std::unique_ptr<MultiLoop> loop{new MultiLoop{std::move(sockets)}};
  loop->global_.emplace(std::move(global));

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

curl_socket_t MultiLoop::open_socket(CURL* easy, const curl_sockaddr& address) {
  const int socket = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  if (socket < 0) return refuse_address(easy);
  sockets_.opened(socket);
  connecting_.insert_or_assign(socket, easy);
  return socket;
}

curl_socket_t MultiLoop::refuse_address(CURL* easy) {
  between_addresses_.push_back(easy);
  return CURL_SOCKET_BAD;
}

void MultiLoop::hand_over_next(CURL* easy, Fd* kept) {
  handing_over_ = easy;
  kept_ = kept;
  handed_over_ = CURL_SOCKET_BAD;
}

/// True of the socket by which the handle that is handed over has connected, and of no other that libcurl
/// closes meanwhile.
bool MultiLoop::is_handed_over(curl_socket_t socket) const {
  if (handing_over_ == nullptr) return false;
  const auto opened = connecting_.find(socket);
  return socket == handed_over_ || (opened != connecting_.end() && opened->second == handing_over_);
}

void MultiLoop::set_owner(int socket, SocketOwner* owner) {
  const auto index = static_cast<std::size_t>(socket);
  if (index >= owners_.size()) owners_.resize(std::max(index + 1, owners_.size() * 2), nullptr);
  owners_[index] = owner;
}

int MultiLoop::own(int socket, SocketOwner& owner) {
  if (socket < 0) return EBADF;
  set_owner(socket, &owner);
  return sockets_.want(socket, EPOLLIN | EPOLLRDHUP);
}

void MultiLoop::disown(int socket) {
  if (owner_of(socket) == nullptr) return;
  set_owner(socket, nullptr);
  sockets_.closing(socket);
}

void MultiLoop::release(CURL* easy) {
  // A handle that leaves and knows which connection it used last makes libcurl look at every connection there
  // is. Asked for that connection among those of a share, which has none, it forgets which it was.
  curl_socket_t none = CURL_SOCKET_BAD;
  curl_easy_setopt(easy, CURLOPT_SHARE, nothing_shared_.get());
  curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &none);
  curl_easy_setopt(easy, CURLOPT_SHARE, nullptr);
  remove(easy);
}

void MultiLoop::remove(CURL* easy) {
  curl_multi_remove_handle(multi_.get(), easy);
  std::erase(between_addresses_, easy);
  std::erase_if(unwatched_, [=](const Unwatched& it) { return it.easy == easy; });
}

void MultiLoop::act() {
  int running = 0;
  for (const SocketWatch::Ready& ready : *ready_) switch (sockets_.meaning(ready)) {
      case SocketWatch::Meaning::wanted:
        if (SocketOwner* const owner = owner_of(ready.socket); owner != nullptr) {
          owner->ready(ready.events);
          break;
        }
        // What fails here fails for one transfer, which then ends by itself, at the latest by its timeout.
        curl_multi_socket_action(multi_.get(), ready.socket, curl_events(ready.events), &running);
        break;
      case SocketWatch::Meaning::idle:
        if (owner_of(ready.socket) != nullptr) break;  // it is being handed over
        // libcurl, which looks at a connection before using it again, must find it at its end: what it says
        // now is no answer to the next request. Requests begin in a turn after all that had stirred before
        // it.
        sockets_.discard(ready);
        break;
      case SocketWatch::Meaning::stale:
        break;
    }
  run_timers();
  try_next_addresses();
  handing_over_ = nullptr;
  kept_ = nullptr;
}

int MultiLoop::on_socket(CURL* easy, curl_socket_t socket, int what, void* loop, void*) noexcept {
  auto& self = *static_cast<MultiLoop*>(loop);
  const std::uint32_t events = epoll_events(what);
  if (events == 0) {
    self.sockets_.unwant(socket);
    if (easy == self.handing_over_) {
      self.set_owner(socket, &self.no_owner_yet_);
      self.connecting_.erase(socket);
      self.handed_over_ = socket;
      if (self.kept_ == nullptr) self.handing_over_ = nullptr;
    } else {
      self.given_up(socket);
    }
    return 0;
  }
  if ((events & EPOLLIN) != 0) self.connecting_.erase(socket);
  if (const int error = self.sockets_.want(socket, events); error != 0)
    self.unwatched_.push_back({easy, error});
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
  auto& self = *static_cast<MultiLoop*>(loop);
  if (self.kept_ != nullptr && self.is_handed_over(socket)) {
    *std::exchange(self.kept_, nullptr) = Fd{socket};
    self.handing_over_ = nullptr;
    self.connecting_.erase(socket);
    self.set_owner(socket, &self.no_owner_yet_);
    return 0;
  }
  if (self.owner_of(socket) != nullptr) self.set_owner(socket, nullptr);
  self.sockets_.closing(socket);
  self.given_up(socket);
  return ::close(socket);
}

/// One that was still connecting was to an address that does not answer.
void MultiLoop::given_up(curl_socket_t socket) {
  const auto found = connecting_.find(socket);
  if (found == connecting_.end()) return;
  between_addresses_.push_back(found->second);
  connecting_.erase(found);
}

std::optional<std::chrono::milliseconds> MultiLoop::wait_most(
    std::optional<std::chrono::milliseconds> most) const {
  if (!timer_) return most;
  const auto due = std::chrono::ceil<std::chrono::milliseconds>(*timer_ - std::chrono::steady_clock::now());
  return most ? std::min(*most, due) : due;
}

void MultiLoop::run_timers() {
  if (!timer_ || std::chrono::steady_clock::now() < *timer_) return;
  timer_.reset();  // before the call, which sets it anew where more is to come
  int running = 0;
  curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
}

/// libcurl, having given up one of a host's addresses, begins with the next only when it is driven again, and
/// sets no timer for that (7.88; curl issue 11920). A change of what is paused is the one thing that makes it
/// look at a handle of which no socket is watched.
void MultiLoop::try_next_addresses() {
  int running = 0;
  while (!between_addresses_.empty()) {  // each turn of it uses up an address
    for (CURL* const easy : std::exchange(between_addresses_, {})) {
      curl_easy_pause(easy, CURLPAUSE_RECV);
      curl_easy_pause(easy, CURLPAUSE_CONT);
    }
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

}  // namespace dispatch::delivery
