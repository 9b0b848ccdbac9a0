#include "serve/listening_socket.hpp"

#include <cerrno>
#include <memory>
#include <string_view>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace dispatch::serve {
namespace {

struct AddressesEnd {
  void operator()(addrinfo* addresses) const { ::freeaddrinfo(addresses); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesEnd>;

Result<Addresses> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0)
    return misuse("cannot listen at {}: {}", host,
                  error == EAI_SYSTEM ? errno_text(errno) : ::gai_strerror(error));
  return Addresses{found};
}

std::uint16_t port_of(int socket) {
  sockaddr_storage where{};
  socklen_t size = sizeof where;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&where), &size) != 0) return 0;
  // Both families keep the port in the same place.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&where)->sin_port);
}

}  // namespace

Result<ListeningSocket> listen_at(const std::string& host, std::uint16_t port) {
  DISPATCH_ASSIGN(auto addresses, resolve(host, port));
  const addrinfo& address = *addresses;
  Fd socket{::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const int yes = 1;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      ::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0 ||
      ::listen(socket.get(), SOMAXCONN) != 0) {
    const std::string_view next =
        errno == EADDRINUSE ? "; stop the program that listens there, or choose another port" : "";
    return fail("cannot listen at {} port {}: {}{}", host, port, errno_text(errno), next);
  }
  const std::uint16_t chosen = port_of(socket.get());
  return ListeningSocket{std::move(socket), chosen};
}

}  // namespace dispatch::serve
