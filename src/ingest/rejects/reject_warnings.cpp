#include "ingest/rejects/reject_warnings.hpp"

#include <fmt/format.h>

namespace dispatch::ingest {
namespace {

constexpr std::uint64_t shown_of_each = 5;
/// Reasons quote the input, which may bring ever new ones.
constexpr std::size_t kinds_most = 100;

bool is_decimal_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string kind_of_reason(std::string_view reason) {
  std::string kind;
  for (std::size_t at = 0; at < reason.size(); ++at) {
    const char c = reason[at];
    if (c == '"' || c == '\'') {
      kind += c;
      const auto end = reason.find(c, at + 1);
      if (end != std::string_view::npos) at = end;
    } else if (!is_decimal_digit(c)) {
      kind += c;
    } else if (kind.empty() || kind.back() != '#') {
      kind += '#';
    }
  }
  return kind;
}

bool RejectWarnings::note(std::string_view reason) {
  std::string name = kind_of_reason(reason);
  if (kinds_.size() >= kinds_most && !kinds_.contains(name)) name.clear();
  Kind& kind = kinds_[name];
  if (kind.seen == 0) kind.example = reason;
  if (++kind.seen <= shown_of_each) return true;
  ++kind.left_out;
  return false;
}

std::vector<std::string> RejectWarnings::take_left_out() {
  std::vector<std::string> texts;
  for (auto& [name, kind] : kinds_) {
    if (kind.left_out == 0) continue;
    texts.push_back(fmt::format("{} more {} rejected for reasons like this: {}", kind.left_out,
                                kind.left_out == 1 ? "line was" : "lines were", kind.example));
    kind.left_out = 0;
  }
  return texts;
}

}  // namespace dispatch::ingest
