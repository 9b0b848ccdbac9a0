#include "delivery/http/address/address_choice.hpp"

#include "delivery/http/address/address_guard.hpp"

#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace dispatch::delivery {
namespace {

/// An address as it is remembered: "192.0.2.1 443".
std::string place(const std::string& ip, int port) {
  return ip + ' ' + std::to_string(port);
}

int port_of(const sockaddr& address) {
  return ntohs(address.sa_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

void AddressChoice::begin(bool public_only) {
  public_only_ = public_only;
  all_ = false;
  tried_.clear();
  passed_over_.clear();
  denied_.reset();
}

bool AddressChoice::admits(const sockaddr& address, SteadyTime now) {
  if (address.sa_family != AF_INET && address.sa_family != AF_INET6) return true;  // a Unix socket
  auto ip = address_text(address);
  if (public_only_) {
    if (const auto kind = not_public(address)) {
      if (tried_.empty()) denied_ = {std::move(ip), *kind};
      return false;
    }
  }
  auto candidate = place(ip, port_of(address));
  if (!all_ && unresponsive_.avoids(candidate, now)) {
    passed_over_.push_back(std::move(candidate));
    return false;
  }
  denied_.reset();
  tried_.push_back(std::move(candidate));
  return true;
}

bool AddressChoice::admits_request(const std::string& ip, int port, SteadyTime now) {
  if (public_only_) {  // the connection may be kept from a request that was not
    if (const auto kind = not_public(ip)) {
      denied_ = {ip, *kind};
      return false;
    }
  }
  if (tried_.empty()) return true;
  const auto reached = place(ip, port);
  for (const std::string& tried : tried_)
    if (tried != reached) unresponsive_.failed(tried, now);
  unresponsive_.forget(reached);
  tried_.clear();
  return true;
}

bool AddressChoice::start_over() {
  if (passed_over_.empty()) return false;
  none_answered();
  all_ = true;
  return true;
}

void AddressChoice::none_answered() {
  for (const std::string& address : passed_over_) unresponsive_.forget(address);
  passed_over_.clear();
  tried_.clear();
}

}  // namespace dispatch::delivery
