#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace dispatch::delivery {

/// Why an address is not on the public internet, as words that follow "is": "a loopback address". Nothing for
/// a public address. Addresses of families other than IPv4 and IPv6 are never public. An IPv6 address that
/// stands for an IPv4 one (mapped, 6to4, NAT64) is treated like that one. Pure function.
///
/// Sources: the IANA registries of special-purpose addresses (RFC 6890, as of October 2025), in which only
/// blocks that are forwarded globally count as public; RFC 4291 and the registry of IPv6 address space, in
/// which only 2000::/3 is allocated; and the addresses of cloud metadata services.
std::optional<std::string_view> not_public(const sockaddr& address);

/// Like the function above, for an address as text, without brackets or zone; a text that is not an address
/// is "not an IP address".
std::optional<std::string_view> not_public(const std::string& address);

/// The address as text; empty for families other than IPv4 and IPv6.
std::string address_text(const sockaddr& address);

}  // namespace dispatch::delivery
