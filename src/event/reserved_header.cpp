#include "event/reserved_header.hpp"

#include <algorithm>
#include <array>

namespace dispatch {
namespace {

constexpr std::array<std::string_view, 16> reserved_names{"connection",
                                                          "content-length",
                                                          "expect",
                                                          "host",
                                                          "http2-settings",
                                                          "idempotency-key",
                                                          "keep-alive",
                                                          "proxy",
                                                          "proxy-connection",
                                                          "te",
                                                          "proxy-authenticate",
                                                          "proxy-authorization",
                                                          "transfer-encoding",
                                                          "trailer",
                                                          "upgrade",
                                                          "user-agent"};
constexpr std::array<std::string_view, 2> reserved_prefixes{"webhook-", "x-dispatch-"};

}  // namespace

std::string folded_header_name(std::string_view name) {
  std::string folded{name};
  for (char& c : folded) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
    else if (!kept)
      c = '-';
  }
  return folded;
}

bool is_reserved_header(std::string_view name) {
  const std::string folded = folded_header_name(name);
  return std::find(reserved_names.begin(), reserved_names.end(), folded) != reserved_names.end() ||
         std::any_of(reserved_prefixes.begin(), reserved_prefixes.end(),
                     [&](std::string_view prefix) { return folded.starts_with(prefix); });
}

}  // namespace dispatch
