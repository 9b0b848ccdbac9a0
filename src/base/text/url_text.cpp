#include "base/text/url_text.hpp"

#include <algorithm>

namespace dispatch {
namespace {

constexpr std::string_view after_scheme = "://";

/// True where what follows the first colon of an authority is no port: it is a password that holds the
/// character at which the authority seems to end. An IPv6 address has its colons in brackets.
bool is_cut_password(std::string_view authority) {
  if (authority.starts_with('[')) return false;
  const auto colon = authority.find(':');
  if (colon == std::string_view::npos) return false;
  const auto port = authority.substr(colon + 1);
  return std::any_of(port.begin(), port.end(), [](char c) { return c < '0' || c > '9'; });
}

/// How many bytes at the front of `rest`, which begins behind "://", are user name and password and the "@"
/// behind them.
std::size_t credentials_length(std::string_view rest) {
  const auto url = rest.substr(0, rest.find_first_of(" \t\r\n\"'`<>"));
  const auto authority = url.substr(0, url.find_first_of("/?#"));
  auto at = authority.rfind('@');
  if (at == std::string_view::npos && is_cut_password(authority)) {
    at = url.rfind('@');
    // The password holds what else ends a URL in a text.
    if (at == std::string_view::npos) at = rest.substr(0, rest.find(after_scheme)).rfind('@');
  }
  return at == std::string_view::npos ? 0 : at + 1;
}

}  // namespace

std::string without_credentials(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (true) {
    const auto colon = text.find(after_scheme);
    if (colon == std::string_view::npos) return out.append(text);
    const auto begin = colon + after_scheme.size();
    out += text.substr(0, begin);
    text.remove_prefix(begin);
    if (const auto length = credentials_length(text); length > 0) {
      out += "***@";
      text.remove_prefix(length);
    }
  }
}

std::string origin_of(std::string_view url) {
  const auto colon = url.find(after_scheme);
  if (colon == std::string_view::npos) return {};
  const auto begin = colon + after_scheme.size();
  const auto rest = url.substr(begin);
  const auto host = rest.substr(credentials_length(rest));
  return std::string{url.substr(0, begin)}.append(host.substr(0, host.find_first_of("/?#")));
}

}  // namespace dispatch
