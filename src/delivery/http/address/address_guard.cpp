#include "delivery/http/address/address_guard.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace dispatch::delivery {
namespace {

using Kind = std::optional<std::string_view>;

constexpr std::string_view reserved = "a reserved address";
constexpr std::string_view documentation = "a documentation address";
constexpr std::string_view benchmarking = "a benchmarking address";
constexpr std::string_view multicast = "a multicast address";
constexpr std::string_view link_local = "a link-local address";
constexpr std::string_view metadata = "a cloud metadata address";

/// The addresses whose first `bits` bits are those of `first`. The first block that holds an address says
/// what it is.
template <class Number>
struct Block {
  Number first;
  int bits;
  std::string_view kind;

  constexpr bool holds(Number address) const {
    const int free = static_cast<int>(sizeof(Number) * 8) - bits;
    return (address >> free) == (first >> free);
  }
};

constexpr std::uint32_t ipv4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr Block<std::uint32_t> blocks_4[] = {
    {ipv4(169, 254, 169, 254), 32, metadata},                  // most clouds
    {ipv4(168, 63, 129, 16), 32, metadata},                    // Azure
    {ipv4(100, 100, 100, 200), 32, metadata},                  // Alibaba
    {ipv4(192, 0, 0, 192), 32, metadata},                      // Oracle
    {ipv4(0, 0, 0, 0), 8, "an address of this host"},          // RFC 791, 3.2
    {ipv4(10, 0, 0, 0), 8, "a private address"},               // RFC 1918
    {ipv4(100, 64, 0, 0), 10, "a carrier-grade NAT address"},  // RFC 6598
    {ipv4(127, 0, 0, 0), 8, "a loopback address"},             // RFC 1122, 3.2.1.3
    {ipv4(169, 254, 0, 0), 16, link_local},                    // RFC 3927
    {ipv4(172, 16, 0, 0), 12, "a private address"},            // RFC 1918
    {ipv4(192, 0, 0, 0), 24, reserved},                        // RFC 6890, 2.1
    {ipv4(192, 0, 2, 0), 24, documentation},                   // RFC 5737
    {ipv4(192, 88, 99, 0), 24, reserved},                      // RFC 7526
    {ipv4(192, 168, 0, 0), 16, "a private address"},           // RFC 1918
    {ipv4(198, 18, 0, 0), 15, benchmarking},                   // RFC 2544
    {ipv4(198, 51, 100, 0), 24, documentation},                // RFC 5737
    {ipv4(203, 0, 113, 0), 24, documentation},                 // RFC 5737
    {ipv4(224, 0, 0, 0), 4, multicast},                        // RFC 5771
    {ipv4(255, 255, 255, 255), 32, "the broadcast address"},   // RFC 919
    {ipv4(240, 0, 0, 0), 4, reserved},                         // RFC 1112, 4
};

/// The upper halves of IPv6 addresses.
constexpr std::uint64_t ipv6(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0, std::uint64_t d = 0) {
  return a << 48 | b << 32 | c << 16 | d;
}

constexpr Block<std::uint64_t> blocks_6[] = {
    {ipv6(0xff00), 8, multicast},                        // RFC 4291, 2.7
    {ipv6(0xfe80), 10, link_local},                      // RFC 4291, 2.5.6
    {ipv6(0xfc00), 7, "a unique local address"},         // RFC 4193; metadata too: fd00:ec2::254 (AWS)
    {ipv6(0xfec0), 10, "a site-local address"},          // RFC 3879
    {ipv6(0x0064, 0xff9b, 1), 48, "a private address"},  // RFC 8215, translated to IPv4 locally
    {ipv6(0x0100), 64, "a discard-only address"},        // RFC 6666
    {ipv6(0x2001, 0x0000), 32, "a tunnel address"},      // RFC 4380, Teredo
    {ipv6(0x2001, 0x0002), 48, benchmarking},            // RFC 5180
    {ipv6(0x2001, 0x0db8), 32, documentation},           // RFC 3849
    {ipv6(0x2001, 0x0000), 23, reserved},                // RFC 2928
    {ipv6(0x3fff), 20, documentation},                   // RFC 9637
};
constexpr Block<std::uint64_t> given_out{ipv6(0x2000), 3, {}};
constexpr Block<std::uint64_t> six_to_four{ipv6(0x2002), 16, {}};  // RFC 3056
constexpr std::uint64_t nat64 = ipv6(0x0064, 0xff9b);  // RFC 6052, 2.1: the other half begins with 0
constexpr std::uint64_t mapped = 0xffff;               // RFC 4291, 2.5.5.2: the same, behind zeros

template <class Blocks, class Number>
Kind kind_in(const Blocks& blocks, Number address) {
  const auto block = std::find_if(std::begin(blocks), std::end(blocks),
                                  [=](const auto& each) { return each.holds(address); });
  if (block == std::end(blocks)) return std::nullopt;
  return block->kind;
}

Kind kind_of(std::uint32_t address) {
  return kind_in(blocks_4, address);
}

Kind kind_of(std::uint64_t upper, std::uint64_t lower) {
  const auto last = static_cast<std::uint32_t>(lower);
  if (upper == 0 && lower >> 32 == mapped) return kind_of(last);
  if (upper == nat64 && lower >> 32 == 0) return kind_of(last);
  if (six_to_four.holds(upper)) return kind_of(static_cast<std::uint32_t>(upper >> 16));
  if (upper == 0 && lower == 0) return "the unspecified address";
  if (upper == 0 && lower == 1) return "a loopback address";
  if (const auto kind = kind_in(blocks_6, upper)) return kind;
  if (!given_out.holds(upper)) return reserved;
  return std::nullopt;
}

Kind kind_of(const in6_addr& address) {
  std::array<std::uint64_t, 2> halves{};
  for (std::size_t i = 0; i < 16; ++i) halves[i / 8] = halves[i / 8] << 8 | address.s6_addr[i];
  return kind_of(halves[0], halves[1]);
}

}  // namespace

std::optional<std::string_view> not_public(const sockaddr& address) {
  if (address.sa_family == AF_INET)
    return kind_of(ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr));
  if (address.sa_family == AF_INET6) return kind_of(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  return "not an IP address";
}

std::optional<std::string_view> not_public(const std::string& address) {
  in_addr four{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return kind_of(ntohl(four.s_addr));
  in6_addr six{};
  if (::inet_pton(AF_INET6, address.c_str(), &six) == 1) return kind_of(six);
  return "not an IP address";
}

std::string address_text(const sockaddr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address.sa_family == AF_INET) bytes = &reinterpret_cast<const sockaddr_in&>(address).sin_addr;
  if (address.sa_family == AF_INET6) bytes = &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  if (bytes != nullptr) ::inet_ntop(address.sa_family, bytes, text.data(), text.size());
  return text.data();
}

}  // namespace dispatch::delivery
