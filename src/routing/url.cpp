#include "routing/url.hpp"

#include "base/text/url_text.hpp"
#include "routing/ascii_host.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include <arpa/inet.h>
#include <curl/curl.h>

namespace dispatch::routing {
namespace {

constexpr std::size_t url_most = 8192;
constexpr std::size_t shown_most = 200;

struct Cleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};
using Handle = std::unique_ptr<CURLU, Cleanup>;

/// As a message shows it: no user name and password, also where it is no URL, nothing that could reach a
/// terminal, and cut where it is long.
std::string shown(std::string_view text) {
  std::string out = without_credentials(text);
  if (const auto at = out.rfind('@'); at != std::string::npos && out.find("://") == std::string::npos)
    out.replace(0, at, "***");
  const bool is_long = out.size() > shown_most;
  if (is_long) out.resize(shown_most);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F) c = '?';
  return "'" + out + (is_long ? "'..." : "'");
}

/// RFC 3986 has no place for these; libcurl would send some of them as they are.
bool cannot_stand_in_url(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte >= 0x7F || std::string_view{"\"<>\\"}.find(c) != std::string_view::npos;
}

/// libcurl decodes a host once, and takes whatever comes out; and it takes a name with a label of nothing.
bool is_host_name(std::string_view host) {
  return !host.starts_with('.') && !host.ends_with('.') && host.find("..") == std::string_view::npos &&
         std::none_of(host.begin(), host.end(), [](char c) { return c == '%' || cannot_stand_in_url(c); });
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string part(const Handle& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
  const std::unique_ptr<char, Cleanup> owned{text};
  return text;
}

/// "0:0:0:0:0:0:0:1" and "::1" are one host.
std::string shortest_ipv6(const std::string& host) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return host;
  return inet_ntop(AF_INET6, &address, text.data(), text.size());
}

/// `text` with its host in ASCII, where that is an international name.
Result<std::string> with_ascii_host(std::string_view text) {
  const auto is_foreign = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos) return std::string{text};
  const auto authority = std::min(text.find_first_of("/?#", scheme + 3), text.size());
  const auto user = text.substr(0, authority).rfind('@');
  const auto begin = user == std::string_view::npos ? scheme + 3 : std::max(user + 1, scheme + 3);
  const auto end = std::min(text.find(':', begin), authority);
  const std::string host{text.substr(begin, end - begin)};
  if (std::none_of(host.begin(), host.end(), is_foreign)) return std::string{text};
  const auto ascii = ascii_host(host);
  if (!ascii) return misuse("{}: {}", shown(text), ascii.error().message);
  return std::string{text.substr(0, begin)} + *ascii + std::string{text.substr(end)};
}

/// One reading of `text`.
Result<Url> read_url(std::string_view text, UrlSchemes schemes) {
  if (text.size() > url_most)
    return misuse("{} is {} bytes long; the most is {}", shown(text), text.size(), url_most);
  if (const auto bad = std::find_if(text.begin(), text.end(), cannot_stand_in_url); bad != text.end())
    return misuse("{} holds a byte (0x{:02x}) that a URL cannot hold; write it percent-encoded", shown(text),
                  static_cast<unsigned char>(*bad));
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0)
    return misuse("{} is not an absolute URL; it must begin with {}", shown(text),
                  listed(schemes, "or", "://"));

  Url url;
  url.scheme = lower(text.substr(0, colon));
  if (std::find(schemes.begin(), schemes.end(), url.scheme) == schemes.end())
    return misuse("{} has the scheme {}; events are delivered to {} only", shown(text), shown(url.scheme),
                  listed(schemes, "and"));
  // libcurl takes "http:///host" for "http://host".
  const auto authority = text.substr(colon + 3, text.find_first_of("/?#", colon + 3) - (colon + 3));
  if (authority.empty()) return misuse("{} has no host", shown(text));
  if (authority.find('@') != std::string_view::npos)
    return misuse(
        "{} holds a user name or password, which is not allowed; send it in a header (Authorization) "
        "instead",
        shown(text));

  const Handle handle{curl_url()};
  if (!handle) throw std::bad_alloc{};
  const std::string absolute = url.scheme + std::string{text.substr(colon)};
  // libcurl makes no request to the URLs of brokers, and reads them.
  if (const auto code = curl_url_set(handle.get(), CURLUPART_URL, absolute.c_str(), CURLU_NON_SUPPORT_SCHEME);
      code != CURLUE_OK)
    return misuse("{} is not a URL: {}", shown(text), curl_url_strerror(code));

  if (part(handle, CURLUPART_PORT) == "0")
    return misuse("{} has the port 0, which cannot be connected to", shown(text));
  std::string host = lower(part(handle, CURLUPART_HOST));
  if (host.ends_with('.')) host.pop_back();
  if (host.empty()) return misuse("{} has no host", shown(text));
  if (host.starts_with('[')) {
    url.host = shortest_ipv6(host.substr(1, host.size() - 2));
    host = "[" + url.host + "]";
  } else if (!is_host_name(host)) {
    return misuse("{} has an invalid host: {}", shown(text), shown(host));
  } else {
    url.host = host;
  }
  const std::string zone = part(handle, CURLUPART_ZONEID);
  curl_url_set(handle.get(), CURLUPART_FRAGMENT, nullptr, 0);
  if (curl_url_set(handle.get(), CURLUPART_HOST, host.c_str(), 0) != CURLUE_OK)
    return misuse("{} has an invalid host: '{}'", shown(text), host);
  if (!zone.empty()) {  // lost with the host that it belonged to
    curl_url_set(handle.get(), CURLUPART_ZONEID, zone.c_str(), 0);
    url.host += '%' + zone;
  }
  url.text = part(handle, CURLUPART_URL, CURLU_NO_DEFAULT_PORT);
  return url;
}

}  // namespace

Result<Url> parse_url(std::string_view text, UrlSchemes schemes) {
  constexpr int rounds_most = 3;
  DISPATCH_ASSIGN(std::string spelled, with_ascii_host(text));
  auto url = read_url(spelled, schemes);
  for (int round = 1; url && url->text != spelled; ++round) {
    if (round == rounds_most) return misuse("{} cannot be normalised", shown(text));
    spelled = url->text;
    url = read_url(spelled, schemes);
  }
  return url;
}

}  // namespace dispatch::routing
