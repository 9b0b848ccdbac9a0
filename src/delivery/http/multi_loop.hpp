#pragma once

#include "base/error.hpp"
#include "base/fd.hpp"
#include "delivery/http/curl.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <sys/epoll.h>

namespace dispatch::delivery {

/// Drives the transfers of one libcurl multi handle by readiness (epoll and curl_multi_socket_action), so
/// that a turn costs what is ready and not what is open. All but wake() belongs to one thread.
class MultiLoop {
 public:
  /// `connections_kept`: idle connections kept for the next request.
  static Result<std::unique_ptr<MultiLoop>> open(std::size_t connections_kept);
  MultiLoop(const MultiLoop&) = delete;
  MultiLoop& operator=(const MultiLoop&) = delete;

  /// For curl_multi_add_handle, remove_handle and info_read.
  CURLM* multi() const { return multi_.get(); }

  /// Must be done once to every easy handle before it is added: lets the loop know when its sockets are
  /// closed.
  void adopt(CURL* easy);

  /// Takes out a handle whose transfer is done. curl_multi_remove_handle does it too, but walks over all open
  /// connections (7.71 and later).
  void release(CURL* easy);

  /// Waits until a socket is ready, a timer is due, wake() was called since the last turn or `most` is over
  /// (nothing: for as long as it takes).
  void wait(std::optional<std::chrono::milliseconds> most);

  /// Lets libcurl act: on all that the wait found ready first, then on its timers.
  void act();

  /// Closes all connections and ends the multi handle; only wake() may be called afterwards. Every easy
  /// handle must have left it. To be called on the loop's thread: closing a TLS connection writes to it.
  void close() { multi_.reset(); }

  /// Ends the wait under way, or the next one. From any thread.
  void wake() const noexcept;

 private:
  /// A socket as libcurl wants it watched and as epoll watches it. The two are made equal only where it
  /// matters: a connection that goes idle between two requests stays registered, which saves two system calls
  /// a request.
  struct Watch {
    std::uint32_t wanted = 0;
    std::uint32_t registered = 0;
  };

  MultiLoop() = default;
  static int on_socket(CURL*, curl_socket_t socket, int what, void* loop, void*) noexcept;
  static int on_timer(CURLM*, long wait_ms, void* loop) noexcept;
  static int on_close(void* loop, curl_socket_t socket) noexcept;
  Watch& watch(curl_socket_t socket);
  void register_wanted(curl_socket_t socket, Watch& watch);
  int wait_ms(std::optional<std::chrono::milliseconds> most) const;
  void run_timers();

  std::optional<CurlGlobal> global_;
  Fd epoll_;
  Fd wake_;
  std::vector<Watch> watches_;  // by descriptor
  std::vector<epoll_event> events_;
  std::size_t ready_ = 0;  // of events_
  std::optional<std::chrono::steady_clock::time_point> timer_;
  ShareHandle nothing_shared_;
  MultiHandle multi_;  // last: its end calls back into the members above
};

}  // namespace dispatch::delivery
