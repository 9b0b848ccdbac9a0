#pragma once

#include "base/error.hpp"
#include "base/system/fd.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <sys/epoll.h>

namespace dispatch::delivery {

/// The sockets that epoll watches for a library that opens and closes some sockets itself and reports only
/// part of that. The state kept for a descriptor is a guess: it decides which operation is tried first, and
/// the kernel's answer corrects it. So a descriptor number that now belongs to another socket is never taken
/// for the old one. Used by one thread.
///
/// One thing is certain: the library reports the close of a socket that the caller opened through closing(),
/// once somebody has waited to read from it. A socket that is still connecting can be closed without a
/// report.
///
/// A socket that nobody waits for stays registered while it is idle. Reading from it again then costs no
/// system call, and data from the server, or its close, is noticed meanwhile.
class SocketWatch {
 public:
  static Result<SocketWatch> open();

  /// A socket that wait() found ready.
  struct Ready {
    int socket = -1;
    std::uint32_t events = 0;  ///< EPOLLIN and so on
    std::uint32_t generation = 0;
  };
  enum class Meaning {
    wanted,  ///< somebody waits for its events
    idle,    ///< nobody waits for it: its peer has closed it or sent unexpected data
    stale,   ///< it was closed or unwatched after it became ready
  };

  /// Notes that the caller has opened this socket; drops what was known of its number.
  void opened(int socket);

  /// Waits for these events on the socket, and for no others. Returns 0, or errno: then the socket is not
  /// watched, and none of its events will be noticed.
  [[nodiscard]] int want(int socket, std::uint32_t events);

  /// Ends the wait for the socket. A socket that the caller opened stays registered as idle; others are
  /// forgotten.
  void unwant(int socket);

  /// Notes that the socket is about to be closed.
  void closing(int socket);

  /// Waits until a socket is ready, wake() was called since the last wait, or the time is up (nothing: no
  /// limit). Returns all ready sockets at once.
  const std::vector<Ready>& wait(std::optional<std::chrono::milliseconds> most);

  /// What a ready socket means now. Call it for each socket just before acting on it, because acting on one
  /// can close another.
  Meaning meaning(const Ready& ready) const;

  /// Stops watching an idle socket and shuts down its reading side, so that the owner of the connection sees
  /// its end. Does nothing if the descriptor is now another socket, or if nothing is left that made it ready.
  void discard(const Ready& ready);

  /// Number of sockets that the caller has opened and that are not known to be closed.
  std::size_t open_sockets() const { return open_; }

  /// Ends the current or the next wait. Any thread may call it.
  void wake() const noexcept;

 private:
  struct Known {
    std::uint32_t generation = 0;  ///< counted over all numbers; 0: unknown
    std::uint32_t wanted = 0;
    std::uint32_t registered = 0;
    bool ours = false;       ///< true: the caller has opened it
    bool connected = false;  ///< true: its close will be reported
  };

  SocketWatch(Fd epoll, Fd wake) : epoll_(std::move(epoll)), wake_(std::move(wake)) {}
  Known& known(int socket);
  /// Calls epoll_ctl(2); returns 0 or errno.
  int control(int operation, int socket, const Known& known) const;
  void forget(int socket);
  std::uint32_t next_generation();

  Fd epoll_;
  Fd wake_;
  std::vector<Known> known_;  ///< by descriptor
  std::uint32_t generations_ = 0;
  std::size_t open_ = 0;
  std::vector<epoll_event> events_;
  std::vector<Ready> ready_;
};

}  // namespace dispatch::delivery
