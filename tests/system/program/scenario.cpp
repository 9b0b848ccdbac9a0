#include "system/program/scenario.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::test {

std::string event_line(const std::string& id, const std::string& entity, std::int64_t sequence,
                       const std::string& url, const std::string& payload) {
  std::string line =
      fmt::format(R"({{"event_id":"{}","entity_id":"{}","sequence_number":{})", id, entity, sequence);
  if (!url.empty()) line += fmt::format(R"(,"url":"{}")", url);
  return line + fmt::format(",\"payload\":{}}}\n", payload);
}

std::string streams(int entities, int each, const std::string& url) {
  std::string text;
  for (int sequence = 1; sequence <= each; ++sequence)
    for (int entity = 0; entity < entities; ++entity)
      text += event_line(fmt::format("E{}-{}", entity, sequence), fmt::format("E{}", entity), sequence, url);
  return text;
}

Receiver::Script after(std::chrono::milliseconds delay) {
  return [delay](const Received&, std::size_t) {
    Answer answer;
    answer.delay = delay;
    return answer;
  };
}

std::string id_of(const Received& request) {
  const auto key = request.header("Idempotency-Key").value_or("\"\"");
  return key.substr(1, key.size() - 2);
}

std::string entity_of(const Received& request) {
  return request.header("X-Dispatch-Entity-ID").value_or("");
}

std::int64_t sequence_of(const Received& request) {
  return std::stoll(request.header("X-Dispatch-Sequence").value_or("-1"));
}

Seen review(const std::vector<Received>& received, const std::vector<bool>& succeeded) {
  Seen seen;
  std::map<std::string, std::vector<std::size_t>> by_entity;
  for (std::size_t i = 0; i < received.size(); ++i) {
    ++seen.requests[id_of(received[i])];
    if (succeeded[i]) ++seen.completed[id_of(received[i])];
    by_entity[entity_of(received[i])].push_back(i);
  }
  for (const auto& [entity, requests] : by_entity) {
    std::int64_t done = -1;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      const auto& request = received[requests[i]];
      if (done >= 0 && sequence_of(request) > done + 1) ++seen.order_violations;
      if (succeeded[requests[i]]) done = std::max(done, sequence_of(request));
      if (i == 0) {
        done = std::max(done, sequence_of(request) - 1);
        continue;
      }
      const auto& before = received[requests[i - 1]];
      if (before.ending != Ending::open && before.ended > request.arrived &&
          before.ending == Ending::answered)
        ++seen.overlaps;
    }
  }
  return seen;
}

Seen review(const std::vector<Received>& received) {
  std::vector<bool> succeeded;
  for (const auto& request : received) succeeded.push_back(request.ending == Ending::answered);
  return review(received, succeeded);
}

}  // namespace dispatch::test
