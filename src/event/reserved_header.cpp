#include "event/reserved_header.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace dispatch {
namespace {

constexpr std::array<std::string_view, 15> reserved_names{
    "connection",          "content-length",    "expect",           "host",    "http2-settings",
    "idempotency-key",     "keep-alive",        "proxy-connection", "te",      "proxy-authenticate",
    "proxy-authorization", "transfer-encoding", "trailer",          "upgrade", "user-agent"};
constexpr std::array<std::string_view, 2> reserved_prefixes{"webhook-", "x-dispatch-"};

}  // namespace

bool is_reserved_header(std::string_view name) {
  std::string lower{name};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return std::find(reserved_names.begin(), reserved_names.end(), lower) != reserved_names.end() ||
         std::any_of(reserved_prefixes.begin(), reserved_prefixes.end(),
                     [&](std::string_view prefix) { return lower.starts_with(prefix); });
}

}  // namespace dispatch
