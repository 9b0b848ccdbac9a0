#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace dispatch::delivery {

/// What an address is that is none of the public internet, as words that follow "is": "a loopback address".
/// Nothing for a public one. Addresses of other families than IPv4 and IPv6 are never public. An IPv6 address
/// that stands for an IPv4 one (mapped, 6to4, NAT64) is what that one is. Pure.
///
/// Sources: the IANA registries of special-purpose addresses (RFC 6890, as of October 2025), of which no
/// block counts as public that is not forwarded globally; RFC 4291 and the registry of IPv6 address space, in
/// which only 2000::/3 is given out; and the addresses at which clouds tell their machines secrets.
std::optional<std::string_view> not_public(const sockaddr& address);

/// The same of an address as text, without brackets or zone; a text that is no address is "no IP address".
std::optional<std::string_view> not_public(const std::string& address);

/// The address as text; empty where it is of another family than IPv4 and IPv6.
std::string address_text(const sockaddr& address);

}  // namespace dispatch::delivery
