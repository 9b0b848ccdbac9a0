#include "delivery/http/socket_watch.hpp"

#include "support/network/loopback.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <initializer_list>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace std::chrono_literals;
using Meaning = SocketWatch::Meaning;

namespace {

/// A socket that is watched, and its peer.
struct Pair {
  Pair() {
    const Fd listener = test::listen_at("127.0.0.1", 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(test::port_of(listener));
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket = Fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    REQUIRE(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0);
    peer = test::accept_at(listener);
    REQUIRE(peer);
  }
  /// The same, with the socket under this number, which must be free.
  explicit Pair(int number) : Pair() {
    if (peer.get() == number) std::swap(socket, peer);
    if (socket.get() == number) return;
    REQUIRE(::dup3(socket.get(), number, O_CLOEXEC) == number);
    socket = Fd{number};
  }
  void say() const { REQUIRE(::send(peer.get(), "x", 1, MSG_NOSIGNAL) == 1); }
  /// What its peer has sent can be read, and its peer has not been left.
  bool whole() const {
    char byte = 0;
    return ::recv(socket.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1 &&
           ::send(socket.get(), "x", 1, MSG_NOSIGNAL) == 1;
  }

  Fd socket, peer;
};

/// What the one socket that is ready means.
Meaning found(SocketWatch& watch, int socket) {
  const auto& ready = watch.wait(10s);
  REQUIRE(ready.size() == 1);
  CHECK(ready.front().socket == socket);
  return watch.meaning(ready.front());
}

}  // namespace

TEST_CASE("a socket under the number of one that was closed without a word is watched") {
  auto watch = SocketWatch::open().value();
  int number = -1;
  {
    const Pair pair;
    number = pair.socket.get();
    REQUIRE(watch.want(number, EPOLLIN) == 0);
  }
  const Pair next{number};
  next.say();
  CHECK(watch.wait(0ms).empty());
  REQUIRE(watch.want(number, EPOLLIN) == 0);
  CHECK(found(watch, number) == Meaning::wanted);
}

TEST_CASE("a socket that is registered and not known to be is watched all the same") {
  auto watch = SocketWatch::open().value();
  const Pair pair;
  REQUIRE(watch.want(pair.socket.get(), EPOLLIN) == 0);
  watch.opened(pair.socket.get());
  pair.say();
  CHECK(watch.meaning(watch.wait(10s).at(0)) == Meaning::stale);
  REQUIRE(watch.want(pair.socket.get(), EPOLLIN) == 0);
  CHECK(found(watch, pair.socket.get()) == Meaning::wanted);
}

TEST_CASE("what cannot be watched is said") {
  auto watch = SocketWatch::open().value();
  const Fd file{::open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC)};
  CHECK(watch.want(file.get(), EPOLLIN) == EPERM);
  int closed = -1;
  {
    const Pair pair;
    closed = pair.socket.get();
  }
  CHECK(watch.want(closed, EPOLLIN) == EBADF);
}

TEST_CASE("of two sockets that are ready the second is stale once the first has closed it") {
  auto watch = SocketWatch::open().value();
  std::array<Pair, 2> pairs;
  for (const Pair& pair : pairs) {
    watch.opened(pair.socket.get());
    REQUIRE(watch.want(pair.socket.get(), EPOLLIN) == 0);
    pair.say();
  }
  const auto ready = watch.wait(10s);
  REQUIRE(ready.size() == 2);
  CHECK(watch.meaning(ready[0]) == Meaning::wanted);
  const int second = ready[1].socket;
  watch.closing(second);
  for (Pair& pair : pairs)
    if (pair.socket.get() == second) pair.socket = Fd{};
  const Pair stranger{second};
  stranger.say();
  CHECK(watch.meaning(ready[1]) == Meaning::stale);

  // Its number belongs to another one that is watched.
  watch.opened(second);
  REQUIRE(watch.want(second, EPOLLIN) == 0);
  CHECK(watch.meaning(ready[1]) == Meaning::stale);
  watch.discard(ready[1]);
  CHECK(stranger.whole());
}

TEST_CASE("a stranger's socket under the number of an idle one is left alone") {
  auto watch = SocketWatch::open().value();
  Pair pair;
  const int number = pair.socket.get();
  watch.opened(number);
  REQUIRE(watch.want(number, EPOLLIN) == 0);
  watch.unwant(number);
  pair.say();
  const auto ready = watch.wait(10s);
  REQUIRE(ready.size() == 1);
  CHECK(watch.meaning(ready[0]) == Meaning::idle);
  pair.socket = Fd{};  // without a word
  const Pair stranger{number};
  stranger.say();
  watch.discard(ready[0]);
  CHECK(stranger.whole());
}

TEST_CASE("an idle socket whose peer speaks is brought to its end") {
  auto watch = SocketWatch::open().value();
  const Pair pair;
  watch.opened(pair.socket.get());
  REQUIRE(watch.want(pair.socket.get(), EPOLLIN) == 0);
  watch.unwant(pair.socket.get());
  CHECK(watch.wait(0ms).empty());
  pair.say();
  CHECK(found(watch, pair.socket.get()) == Meaning::idle);
  watch.discard(watch.wait(0ms).at(0));
  char byte = 0;
  CHECK(::recv(pair.socket.get(), &byte, 1, MSG_DONTWAIT) == 0);
  CHECK(watch.wait(0ms).empty());
}

TEST_CASE("an idle socket whose bytes have been read since it became ready goes on") {
  auto watch = SocketWatch::open().value();
  const Pair pair;
  watch.opened(pair.socket.get());
  REQUIRE(watch.want(pair.socket.get(), EPOLLIN) == 0);
  pair.say();
  const auto ready = watch.wait(10s);
  REQUIRE(ready.size() == 1);
  std::array<char, 64> bytes{};
  CHECK(::recv(pair.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT) > 0);  // for another event
  watch.unwant(pair.socket.get());
  CHECK(watch.meaning(ready[0]) == Meaning::idle);
  watch.discard(ready[0]);
  CHECK(::recv(pair.socket.get(), bytes.data(), 1, MSG_DONTWAIT) < 0);
  CHECK(errno == EAGAIN);
  pair.say();
  CHECK(found(watch, pair.socket.get()) == Meaning::idle);
}

TEST_CASE("an idle socket is not woken by room to write and can be used again") {
  auto watch = SocketWatch::open().value();
  const Pair pair;
  watch.opened(pair.socket.get());
  REQUIRE(watch.want(pair.socket.get(), EPOLLOUT) == 0);
  CHECK(found(watch, pair.socket.get()) == Meaning::wanted);
  watch.unwant(pair.socket.get());
  CHECK(watch.wait(0ms).empty());
  REQUIRE(watch.want(pair.socket.get(), EPOLLIN) == 0);
  pair.say();
  CHECK(found(watch, pair.socket.get()) == Meaning::wanted);
}

TEST_CASE("a connection that is used again to read costs no system call") {
  auto watch = SocketWatch::open().value();
  Pair pair;
  const int number = pair.socket.get();
  watch.opened(number);
  REQUIRE(watch.want(number, EPOLLOUT) == 0);
  REQUIRE(watch.want(number, EPOLLIN) == 0);
  watch.unwant(number);
  pair.say();
  CHECK(found(watch, number) == Meaning::idle);
  REQUIRE(watch.want(number, EPOLLIN) == 0);
  CHECK(found(watch, number) == Meaning::wanted);
  watch.unwant(number);
  pair.socket = Fd{};
  CHECK(watch.want(number, EPOLLIN) == 0);  // the kernel was not asked: it would say EBADF
}

TEST_CASE("of a socket that has never been read from the kernel is asked each time") {
  auto watch = SocketWatch::open().value();
  Pair pair;
  const int number = pair.socket.get();
  watch.opened(number);
  REQUIRE(watch.want(number, EPOLLOUT) == 0);
  watch.unwant(number);
  pair.socket = Fd{};  // as libcurl closes one that is still connecting
  CHECK(watch.want(number, EPOLLIN) == EBADF);
}

TEST_CASE("a new socket under the number of a connection that was closed is watched") {
  auto watch = SocketWatch::open().value();
  Pair pair;
  const int number = pair.socket.get();
  watch.opened(number);
  REQUIRE(watch.want(number, EPOLLIN) == 0);
  watch.unwant(number);
  watch.closing(number);
  pair.socket = Fd{};
  for (const bool ours : {true, false}) {
    Pair next{number};
    if (ours) watch.opened(number);
    REQUIRE(watch.want(number, EPOLLIN) == 0);
    next.say();
    CHECK(found(watch, number) == Meaning::wanted);
    if (ours) watch.closing(number);
  }
}

TEST_CASE("of a socket that somebody else opened nothing is known once nobody waits for it") {
  auto watch = SocketWatch::open().value();
  const Pair pair;
  REQUIRE(watch.want(pair.socket.get(), EPOLLIN) == 0);
  watch.unwant(pair.socket.get());
  pair.say();
  CHECK(watch.wait(0ms).empty());
}

TEST_CASE("a wait ends when it is told to before it or during it") {
  auto watch = SocketWatch::open().value();
  watch.wake();
  CHECK(watch.wait(60s).empty());
  CHECK(watch.wait(0ms).empty());
}

TEST_CASE("sockets that are open are counted whether or not their end is announced") {
  auto watch = SocketWatch::open().value();
  const auto before = watch.open_sockets();
  const Pair announced;
  Pair silent;
  for (const Pair* const pair : std::initializer_list<const Pair*>{&announced, &silent}) {
    watch.opened(pair->socket.get());
    REQUIRE(watch.want(pair->socket.get(), EPOLLOUT) == 0);
  }
  CHECK(watch.open_sockets() == before + 2);
  watch.closing(announced.socket.get());
  CHECK(watch.open_sockets() == before + 1);
  const int number = silent.socket.get();
  silent.socket = Fd{};
  watch.unwant(number);
  CHECK(watch.open_sockets() == before);
}
