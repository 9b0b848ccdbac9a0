#pragma once

#include "base/error.hpp"
#include "base/system/fd.hpp"
#include "delivery/http/curl.hpp"
#include "delivery/http/socket_watch.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dispatch::delivery {

/// Acts on a socket that libcurl has connected and does not watch any more.
class SocketOwner {
 public:
  virtual ~SocketOwner() = default;
  /// The socket is ready for these events (EPOLLIN and so on). May close this socket and others.
  virtual void ready(std::uint32_t events) = 0;
};

/// Drives the transfers of one libcurl multi handle by readiness (epoll and curl_multi_socket_action), so
/// that the cost of a turn depends on ready sockets and not on open ones. Everything but wake() belongs to
/// one thread.
class MultiLoop {
 public:
  /// `connections_kept`: idle connections kept for the next request.
  static Result<std::unique_ptr<MultiLoop>> open(std::size_t connections_kept);
  MultiLoop(const MultiLoop&) = delete;
  MultiLoop& operator=(const MultiLoop&) = delete;

  /// For curl_multi_add_handle, remove_handle and info_read.
  CURLM* multi() const { return multi_.get(); }

  /// Prepares an easy handle, so that the loop learns when its sockets are closed. Call it once before adding
  /// the handle.
  void adopt(CURL* easy);

  /// The result for CURLOPT_OPENSOCKETFUNCTION of an adopted handle: a socket for this address, or
  /// CURL_SOCKET_BAD.
  curl_socket_t open_socket(CURL* easy, const curl_sockaddr& address);
  /// The result for CURLOPT_OPENSOCKETFUNCTION if the address must not be connected to; libcurl then tries
  /// the host's next one.
  curl_socket_t refuse_address(CURL* easy);

  /// Call it from a callback of libcurl, when `easy` has connected and somebody else is going to own its
  /// socket. What the socket says until own() is left alone. With `kept`, libcurl is about to close the
  /// socket: it stays open and is stored there. Holds until the end of act().
  void hand_over_next(CURL* easy, Fd* kept);

  /// Watches a connected socket for `owner`, borrowed until disown() or until libcurl closes the socket.
  /// Returns 0 or errno; EBADF if there is no socket.
  [[nodiscard]] int own(int socket, SocketOwner& owner);
  /// What to wait for on an owned socket: EPOLLIN and EPOLLRDHUP at first. Returns 0 or errno.
  [[nodiscard]] int want(int socket, std::uint32_t events) { return sockets_.want(socket, events); }
  /// Ends the watch on a socket that is about to be closed. Does nothing if nobody owns it.
  void disown(int socket);

  /// Removes a handle whose transfer is done. curl_multi_remove_handle does that too, but walks over all open
  /// connections (7.71 and later).
  void release(CURL* easy);

  /// Removes a handle in any state of its transfer.
  void remove(CURL* easy);

  /// A transfer whose socket cannot be watched. It would wait for its timeout and not see its answer.
  struct Unwatched {
    CURL* easy;
    int error;  ///< errno
  };
  /// The unwatched transfers since the last call. The caller removes their handles.
  std::vector<Unwatched> take_unwatched() { return std::exchange(unwatched_, {}); }

  /// Waits until a socket is ready, a timer is due, wake() was called since the last turn, or `most` is over
  /// (nothing: no limit).
  void wait(std::optional<std::chrono::milliseconds> most) { ready_ = &sockets_.wait(wait_most(most)); }

  /// Lets libcurl act on all sockets that wait() found ready, then on its timers.
  void act();

  /// Closes all connections and the multi handle; only wake() may be called afterwards. All easy handles must
  /// have been removed. Call it on the loop's thread, because closing a TLS connection writes to it.
  void close() { multi_.reset(); }

  /// Changes the number of connections that libcurl keeps, busy ones included: at least 1.
  void keep_at_most(std::size_t connections) {
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(connections));
  }

  /// Connections that are open, idle ones included.
  std::size_t connections() const { return sockets_.open_sockets(); }

  /// Ends the current or the next wait. Any thread may call it.
  void wake() const noexcept { sockets_.wake(); }

 private:
  explicit MultiLoop(SocketWatch sockets) : sockets_(std::move(sockets)) {}
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* loop, void*) noexcept;
  static int on_timer(CURLM*, long wait_ms, void* loop) noexcept;
  static int on_close(void* loop, curl_socket_t socket) noexcept;
  void given_up(curl_socket_t socket);
  bool is_handed_over(curl_socket_t socket) const;
  void set_owner(int socket, SocketOwner* owner);
  SocketOwner* owner_of(int socket) const {
    const auto index = static_cast<std::size_t>(socket);
    return index < owners_.size() ? owners_[index] : nullptr;
  }
  std::optional<std::chrono::milliseconds> wait_most(std::optional<std::chrono::milliseconds> most) const;
  void run_timers();
  void try_next_addresses();

  std::optional<CurlGlobal> global_;
  SocketWatch sockets_;
  const std::vector<SocketWatch::Ready>* ready_ = nullptr;
  std::vector<Unwatched> unwatched_;
  std::unordered_map<curl_socket_t, CURL*> connecting_;  ///< with the handles that opened them
  class NoOwnerYet final : public SocketOwner {
    // Ignores the event: epoll is level-triggered and reports it again to the new owner.
    void ready(std::uint32_t) override {}
  };
  NoOwnerYet no_owner_yet_;
  std::vector<SocketOwner*> owners_;             ///< by socket
  CURL* handing_over_ = nullptr;                 ///< in this act()
  Fd* kept_ = nullptr;                           ///< where its socket is stored
  curl_socket_t handed_over_ = CURL_SOCKET_BAD;  ///< its socket, once libcurl has unwatched it
  std::vector<CURL*>
      between_addresses_;  ///< transfers that gave up one address and have not begun with the next
  std::optional<std::chrono::steady_clock::time_point> timer_;
  ShareHandle nothing_shared_;
  MultiHandle multi_;  // last: its end calls back into the members above
};

}  // namespace dispatch::delivery
