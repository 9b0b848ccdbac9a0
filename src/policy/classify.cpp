#include "policy/classify.hpp"

#include <charconv>

namespace dispatch::policy {
namespace {

Result<std::pair<int, Meaning>> parse_entry(std::string_view entry) {
  const auto equals = entry.find('=');
  if (equals == std::string_view::npos)
    return misuse("'{}' is not STATUS=ok|retry|dead, as in 410=dead", entry);
  const auto number = entry.substr(0, equals);
  const auto word = entry.substr(equals + 1);
  int status = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), status);
  if (error != std::errc{} || end != number.data() + number.size() || status < 100 || status > 599)
    return misuse("'{}' is not an HTTP status from 100 to 599", number);
  if (word == "ok") return std::pair{status, Meaning::success};
  if (word == "retry") return std::pair{status, Meaning::retry};
  if (word == "dead") return std::pair{status, Meaning::dead};
  return misuse("'{}' is not a meaning for status {}; say ok, retry or dead", word, status);
}

}  // namespace

Result<StatusTable> parse_status_table(std::string_view text) {
  StatusTable table;
  while (!text.empty()) {
    const auto comma = text.find(',');
    DISPATCH_ASSIGN(const auto entry, parse_entry(text.substr(0, comma)));
    if (!table.insert(entry).second) return misuse("status {} is given two meanings", entry.first);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  return table;
}

bool asks_for_time(const Outcome& outcome) {
  if (outcome.kind != OutcomeKind::answered) return false;
  return outcome.status == 429 || (outcome.status == 503 && outcome.retry_after);
}

Meaning classify(const Outcome& outcome, const StatusTable& table) {
  if (outcome.kind == OutcomeKind::refused) return Meaning::dead;
  if (outcome.kind == OutcomeKind::local_failure) return Meaning::repeat;
  if (outcome.kind == OutcomeKind::not_meant) return Meaning::exclude;
  if (outcome.kind == OutcomeKind::acknowledged) return Meaning::success;
  if (outcome.kind == OutcomeKind::declined) return outcome.permanent ? Meaning::dead : Meaning::retry;
  if (outcome.kind != OutcomeKind::answered) return Meaning::retry;
  if (const auto entry = table.find(outcome.status); entry != table.end()) return entry->second;
  if (asks_for_time(outcome)) return Meaning::throttled;
  return outcome.status >= 200 && outcome.status <= 299 ? Meaning::success : Meaning::retry;
}

}  // namespace dispatch::policy
