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

/// The sockets that epoll watches for a library that opens and closes some of them itself, and announces only
/// part of that. What is remembered of a descriptor is a guess: it chooses which operation is tried first,
/// and the kernel's answer corrects it. So a number that comes back as another socket is never taken for the
/// old one. Used by one thread.
///
/// One thing is sure: the end of a socket that the caller has opened is announced by closing() once somebody
/// has waited to read from it. Only one that is still connecting is closed without a word.
///
/// A socket that nobody waits for stays registered while it is idle, so that using it again to read costs no
/// system call, and so that what a server says or does meanwhile is noticed.
class SocketWatch {
 public:
  static Result<SocketWatch> open();

  /// A socket that is ready, as wait() found it.
  struct Ready {
    int socket = -1;
    std::uint32_t events = 0;  ///< EPOLLIN and so on
    std::uint32_t generation = 0;
  };
  enum class Meaning {
    wanted,  ///< somebody waits for it
    idle,    ///< nobody waits for it: it has been closed by its peer, or says what nobody has asked for
    stale,   ///< it was closed, or unwatched, since it was found ready
  };

  /// The caller has opened this socket: it is a new one, whatever was known of its number.
  void opened(int socket);

  /// From now on somebody waits for these events, and for no others. Gives 0, or the number of the system's
  /// error: the socket is then not watched, and nothing that it does will be noticed.
  [[nodiscard]] int want(int socket, std::uint32_t events);

  /// Nobody waits for the socket any more. One that the caller has opened stays registered as an idle one; of
  /// any other, nothing is known that would outlive it.
  void unwant(int socket);

  /// The socket is about to be closed.
  void closing(int socket);

  /// Waits until a socket is ready, wake() was called since the last wait, or the time is up (nothing: for as
  /// long as it takes). All that is ready is given at once.
  const std::vector<Ready>& wait(std::optional<std::chrono::milliseconds> most);

  /// What that means now. Asked again for each one, since acting on one can close another.
  Meaning meaning(const Ready& ready) const;

  /// Takes an idle socket out and ends what its peer says, so that whoever looks at the connection finds it
  /// at its end. Does nothing where the descriptor is not that socket any more.
  void discard(const Ready& ready);

  /// Sockets that the caller has opened and that are not known to be closed.
  std::size_t open_sockets() const { return open_; }

  /// Ends the wait under way, or the next one. From any thread.
  void wake() const noexcept;

 private:
  struct Known {
    std::uint32_t generation = 0;  ///< counted over all numbers; 0: nothing is known
    std::uint32_t wanted = 0;
    std::uint32_t registered = 0;
    bool ours = false;       ///< the caller has opened it
    bool connected = false;  ///< its end will be announced
  };

  SocketWatch(Fd epoll, Fd wake) : epoll_(std::move(epoll)), wake_(std::move(wake)) {}
  Known& known(int socket);
  /// 0, or the number of the error.
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
