#pragma once

#include "base/system/fd.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace dispatch::test {

/// The result of a system call; throws std::system_error, with `what`, where it is negative.
inline int checked(int result, const char* what) {
  if (result < 0) throw std::system_error{errno, std::generic_category(), what};
  return result;
}

/// A TCP socket that listens at an IPv4 address without blocking; `port` 0 is a free one. Throws
/// std::invalid_argument where it is no address and std::system_error where it cannot be listened at.
inline Fd listen_at(const std::string& address, std::uint16_t port) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  if (::inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1)
    throw std::invalid_argument{"'" + address + "' is not an IPv4 address"};
  Fd fd{checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")};
  const int yes = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  checked(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), "bind");
  checked(::listen(fd.get(), SOMAXCONN), "listen");
  return fd;
}

/// A Unix socket that listens at a path without blocking. Throws as listen_at() does.
inline Fd listen_at_path(const std::string& path) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  if (path.size() >= sizeof where.sun_path) throw std::invalid_argument{"'" + path + "' is too long"};
  path.copy(where.sun_path, path.size());
  Fd fd{checked(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")};
  checked(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), "bind");
  checked(::listen(fd.get(), SOMAXCONN), "listen");
  return fd;
}

inline std::uint16_t port_of(const Fd& listener) {
  sockaddr_in where{};
  socklen_t size = sizeof where;
  checked(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&where), &size), "getsockname");
  return ntohs(where.sin_port);
}

/// Sends `request` to that port of this machine and returns all that is answered, which ends with the
/// connection.
inline std::string ask(std::uint16_t port, std::string_view request) {
  const Fd connection{checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")};
  const timeval bound{30, 0};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  checked(::connect(connection.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), "connect");
  checked(static_cast<int>(::send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL)), "send");
  std::string answer;
  std::array<char, 4096> some{};
  for (ssize_t got = 1; got > 0;) {
    got = ::recv(connection.get(), some.data(), some.size(), 0);
    if (got > 0) answer.append(some.data(), static_cast<std::size_t>(got));
  }
  return answer;
}

/// The next connection that waits at `listener`, which sends at once and does not block; none where none
/// waits.
inline Fd accept_at(const Fd& listener) {
  Fd fd{::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  const int yes = 1;
  if (fd) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  return fd;
}

}  // namespace dispatch::test
