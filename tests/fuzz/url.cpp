// URLs: what is taken is one destination with one spelling, what is not has a message that can be shown.

#include "routing/url.hpp"

#include "fuzz/fit_to_show.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"

#include <algorithm>
#include <string>

using namespace dispatch;
using namespace dispatch::test;
using routing::parse_url;

namespace {

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool has_upper(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view authority_of(std::string_view url) {
  const auto start = url.find("://") + 3;
  return url.substr(start, url.find_first_of("/?#", start) - start);
}

void check_pieces(const routing::Url& url) {
  PROPERTY(url.scheme == "http" || url.scheme == "https");
  PROPERTY(url.text.starts_with(url.scheme + "://"));
  PROPERTY(is_visible(url.text) && is_visible(url.host));
  PROPERTY(url.text.find('#') == std::string::npos);
  const auto name =
      url.host.substr(0, url.host.find('%'));  // a zone is the name of an interface, whatever that is
  PROPERTY(!name.empty() && !has_upper(name) && !name.ends_with('.'));
  PROPERTY(url.host.find_first_of("/?@[]") == std::string::npos);

  const auto authority = authority_of(url.text);
  const bool six = url.host.find(':') != std::string::npos;
  std::string host = six ? "[" + url.host + "]" : url.host;
  if (const auto zone = host.find('%'); six && zone != std::string::npos)
    host.insert(zone + 1, "25");  // RFC 6874
  PROPERTY(authority.starts_with(host));
  const auto port = authority.substr(host.size());
  PROPERTY(port.empty() || (port.size() >= 2 && port.size() <= 6 && port.front() == ':' && port != ":0" &&
                            port.find_first_not_of("0123456789", 1) == std::string_view::npos));
  PROPERTY(port != (url.scheme == "http" ? ":80" : ":443"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = Input{data, size}.rest();
  const auto url = parse_url(text, http_schemes);
  if (!url) {
    const auto& message = url.error().message;
    PROPERTY(url.error().failure == Failure::usage && !message.empty() && message.size() < 1024);
    PROPERTY(is_fit_to_show(message));
    return 0;
  }
  check_pieces(*url);
  const auto again = parse_url(url->text, http_schemes);
  PROPERTY(again && again->text == url->text && again->host == url->host && again->scheme == url->scheme);

  // The case of scheme and host, and a fragment, make no other destination. That of a zone does: it is the
  // name of an interface.
  auto shouted = std::string{text};
  auto end = std::min(text.find("://") + 3 + authority_of(text).size(), text.size());
  if (url->host.find('%') != std::string::npos) end = std::min(end, text.find('%'));
  for (std::size_t i = 0; i < end; ++i)
    if (shouted[i] >= 'a' && shouted[i] <= 'z') shouted[i] = static_cast<char>(shouted[i] - 'a' + 'A');
  const auto same = parse_url(shouted, http_schemes);
  PROPERTY(same && same->text == url->text);
  PROPERTY(lower(authority_of(text)).starts_with(url->host) ||
           text.find_first_of("%[:.") != std::string_view::npos);
  return 0;
}
