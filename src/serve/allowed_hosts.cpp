#include "serve/allowed_hosts.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <arpa/inet.h>

namespace dispatch::serve {
namespace {

std::string normalized(std::string_view name) {
  std::string out{name};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (out.ends_with('.')) out.pop_back();
  return out;
}

bool is_address(int family, std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(family, std::string{text}.c_str(), address.data()) == 1;
}

}  // namespace

AllowedHosts::AllowedHosts(std::vector<std::string> names) : names_(std::move(names)) {
  names_.emplace_back("localhost");
  for (auto& name : names_) name = normalized(name);
}

bool AllowedHosts::allows(std::string_view host) const {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    const auto address = host.substr(1, end - 1);
    return is_address(AF_INET6, address.substr(0, address.find('%')));  // a zone is this machine's own affair
  }
  const auto name = host.substr(0, host.find(':'));
  return is_address(AF_INET, name) ||
         std::find(names_.begin(), names_.end(), normalized(name)) != names_.end();
}

}  // namespace dispatch::serve
