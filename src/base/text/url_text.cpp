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

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool may_stand_in_scheme(char c) {
  const char small = lower(c);
  return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

}  // namespace

std::string_view scheme_of(std::string_view url) {
  const auto colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0) return {};
  const auto scheme = url.substr(0, colon);
  const char first = lower(scheme.front());
  const bool is_scheme =
      first >= 'a' && first <= 'z' && std::all_of(scheme.begin(), scheme.end(), may_stand_in_scheme);
  return is_scheme ? scheme : std::string_view{};
}

bool has_scheme(std::string_view url, std::string_view scheme) {
  return url.size() > scheme.size() && url[scheme.size()] == ':' &&
         std::equal(scheme.begin(), scheme.end(), url.begin(),
                    [](char wanted, char c) { return wanted == lower(c); });
}

std::string listed(UrlSchemes schemes, std::string_view word, std::string_view mark) {
  std::string text;
  for (std::size_t i = 0; i < schemes.size(); ++i) {
    if (i > 0 && i + 1 < schemes.size()) text += ", ";
    if (i > 0 && i + 1 == schemes.size()) text.append(" ").append(word).append(" ");
    text.append(schemes[i]).append(mark);
  }
  return text;
}

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
