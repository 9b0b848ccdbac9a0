#include "delivery/http/address/address_guard.hpp"

#include <initializer_list>
#include <string>
#include <utility>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/un.h>

using dispatch::delivery::address_text;
using dispatch::delivery::not_public;

namespace {

std::string kind_of(const std::string& address) {
  return std::string{not_public(address).value_or("public")};
}

/// Both ways of asking, which must agree.
std::string kind_of_socket(const std::string& text) {
  sockaddr_storage address{};
  auto& four = reinterpret_cast<sockaddr_in&>(address);
  auto& six = reinterpret_cast<sockaddr_in6&>(address);
  if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1)
    address.ss_family = AF_INET;
  else if (::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1)
    address.ss_family = AF_INET6;
  const auto& plain = reinterpret_cast<const sockaddr&>(address);
  CHECK(address_text(plain) == text);
  return std::string{not_public(plain).value_or("public")};
}

using Pairs = std::initializer_list<std::pair<const char*, const char*>>;

void check(const Pairs& pairs) {
  for (const auto& [address, kind] : pairs) {
    CAPTURE(address);
    CHECK(kind_of(address) == kind);
    CHECK(kind_of_socket(address) == kind);
  }
}

}  // namespace

TEST_CASE("of IPv4 each special block is known from its first to its last address and none beyond") {
  check({{"0.0.0.0", "an address of this host"},
         {"0.255.255.255", "an address of this host"},
         {"1.0.0.0", "public"},
         {"9.255.255.255", "public"},
         {"10.0.0.0", "a private address"},
         {"10.255.255.255", "a private address"},
         {"11.0.0.0", "public"},
         {"100.63.255.255", "public"},
         {"100.64.0.0", "a carrier-grade NAT address"},
         {"100.127.255.255", "a carrier-grade NAT address"},
         {"100.128.0.0", "public"},
         {"126.255.255.255", "public"},
         {"127.0.0.0", "a loopback address"},
         {"127.0.0.1", "a loopback address"},
         {"127.255.255.255", "a loopback address"},
         {"128.0.0.0", "public"},
         {"169.253.255.255", "public"},
         {"169.254.0.0", "a link-local address"},
         {"169.254.255.255", "a link-local address"},
         {"169.255.0.0", "public"},
         {"172.15.255.255", "public"},
         {"172.16.0.0", "a private address"},
         {"172.31.255.255", "a private address"},
         {"172.32.0.0", "public"},
         {"191.255.255.255", "public"},
         {"192.0.0.0", "a reserved address"},
         {"192.0.0.255", "a reserved address"},
         {"192.0.1.0", "public"},
         {"192.0.2.0", "a documentation address"},
         {"192.0.2.255", "a documentation address"},
         {"192.0.3.0", "public"},
         {"192.88.98.255", "public"},
         {"192.88.99.1", "a reserved address"},
         {"192.88.100.0", "public"},
         {"192.167.255.255", "public"},
         {"192.168.0.0", "a private address"},
         {"192.168.255.255", "a private address"},
         {"192.169.0.0", "public"},
         {"198.17.255.255", "public"},
         {"198.18.0.0", "a benchmarking address"},
         {"198.19.255.255", "a benchmarking address"},
         {"198.20.0.0", "public"},
         {"198.51.100.7", "a documentation address"},
         {"198.51.101.0", "public"},
         {"203.0.113.7", "a documentation address"},
         {"203.0.114.0", "public"},
         {"223.255.255.255", "public"},
         {"224.0.0.0", "a multicast address"},
         {"239.255.255.255", "a multicast address"},
         {"240.0.0.0", "a reserved address"},
         {"255.255.255.254", "a reserved address"},
         {"255.255.255.255", "the broadcast address"},
         {"8.8.8.8", "public"},
         {"93.184.216.34", "public"}});
}

TEST_CASE("of IPv6 only what is given out is public") {
  check({{"::", "the unspecified address"},
         {"::1", "a loopback address"},
         {"::2", "a reserved address"},
         {"::127.0.0.1", "a reserved address"},
         {"100::1", "a discard-only address"},
         {"200::1", "a reserved address"},
         {"1fff::1", "a reserved address"},
         {"2001::1", "a tunnel address"},
         {"2001:0:4136:e378:8000:63bf:3fff:fdd2", "a tunnel address"},
         {"2001:2::1", "a benchmarking address"},
         {"2001:10::1", "a reserved address"},
         {"2001:1ff:ffff::1", "a reserved address"},
         {"2001:200::1", "public"},
         {"2001:db7:ffff::1", "public"},
         {"2001:db8::1", "a documentation address"},
         {"2001:db9::1", "public"},
         {"2606:4700::6810:85e5", "public"},
         {"3ffe::1", "public"},
         {"3fff::1", "a documentation address"},
         {"3fff:fff::1", "a documentation address"},
         {"3fff:1000::1", "public"},
         {"4000::1", "a reserved address"},
         {"5f00::1", "a reserved address"},
         {"fbff::1", "a reserved address"},
         {"fc00::1", "a unique local address"},
         {"fd00:ec2::254", "a unique local address"},
         {"fdff:ffff::1", "a unique local address"},
         {"fe00::1", "a reserved address"},
         {"fe80::1", "a link-local address"},
         {"febf::1", "a link-local address"},
         {"fec0::1", "a site-local address"},
         {"ff02::1", "a multicast address"}});
}

TEST_CASE("an IPv6 address that stands for an IPv4 one is what that one is") {
  check({{"::ffff:127.0.0.1", "a loopback address"},
         {"::ffff:10.0.0.1", "a private address"},
         {"::ffff:169.254.169.254", "a cloud metadata address"},
         {"::ffff:8.8.8.8", "public"},
         {"64:ff9b::7f00:1", "a loopback address"},
         {"64:ff9b::a00:1", "a private address"},
         {"64:ff9b::808:808", "public"},
         {"64:ff9b::1:808:808", "a reserved address"},
         {"64:ff9b:1::808:808", "a private address"},
         {"2002:7f00:1::1", "a loopback address"},
         {"2002:c0a8:101::", "a private address"},
         {"2002:808:808::1", "public"}});
}

TEST_CASE("where clouds keep the secrets of their machines is never public") {
  check({{"169.254.169.254", "a cloud metadata address"},
         {"168.63.129.16", "a cloud metadata address"},
         {"168.63.129.17", "public"},
         {"100.100.100.200", "a cloud metadata address"},
         {"192.0.0.192", "a cloud metadata address"},
         {"2002:a9fe:a9fe::", "a cloud metadata address"}});
}

TEST_CASE("what is no IP address is never public") {
  for (const char* text : {"", "localhost", "127.1", "0x7f000001", "[::1]", "fe80::1%lo", "/run/socket"})
    CHECK(kind_of(text) == "not an IP address");
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  CHECK(not_public(reinterpret_cast<const sockaddr&>(local)) == "not an IP address");
  CHECK(address_text(reinterpret_cast<const sockaddr&>(local)).empty());
}
