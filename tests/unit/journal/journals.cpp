#include "unit/journal/journals.hpp"

#include <cstddef>
#include <deque>

namespace dispatch::test {

using namespace journal;

namespace {

std::string_view host_of(std::string_view url) {
  url.remove_prefix(url.find("//") + 2);
  return url.substr(0, url.find_first_of(":/"));
}

}  // namespace

AppendReport append_here(Transaction& transaction, const std::vector<Line>& lines_of_caller,
                         const StreamStart& start) {
  // What a turn appends is borrowed until it has ended, which is after this function.
  struct Borrowed {
    std::vector<Line> lines;
    std::vector<std::vector<Route>> routes;
    std::vector<Arrival> arrivals;
  };
  static std::deque<Borrowed> last_borrowed;
  constexpr std::size_t calls_of_a_turn = 1'000;
  if (last_borrowed.size() == calls_of_a_turn) last_borrowed.pop_front();
  auto& [lines, routes, arrivals] = last_borrowed.emplace_back();
  lines = lines_of_caller;
  for (const Line& line : lines) {
    auto& to = routes.emplace_back();
    for (const auto& url : line.urls) to.push_back({.url = url, .host = host_of(url)});
    Arrival arrival;
    arrival.event_id = line.id;
    arrival.entity_id = line.entity;
    if (line.sequence) arrival.sequence = SequenceNumber{*line.sequence};
    arrival.type = line.type;
    arrival.own_url = line.own_url;
    arrival.source = line.source;
    arrival.time = line.time;
    arrival.correlation_id = line.correlation_id;
    arrival.causation_id = line.causation_id;
    arrival.headers = line.headers;
    arrival.payload = line.payload;
    arrival.input = line.input;
    arrival.trace = line.trace;
    arrival.routes = to;  // the vector's elements stay where they are when `routes` grows
    arrivals.push_back(arrival);
  }
  return transaction.append(arrivals, start, noon).value();
}

std::vector<Appended> append_all(Journal& journal, const std::vector<Line>& lines, const StreamStart& start) {
  auto transaction = journal.begin().value();
  auto report = append_here(*transaction, lines, start);
  must(transaction->commit());
  return report.verdicts;
}

Appended append(Journal& journal, const Line& line, const StreamStart& start) {
  return append_all(journal, {line}, start).front();
}

DeliveryRow delivery(Journal& journal, std::int64_t position, QueueNo queue) {
  return journal.scan(queue, Position{position - 1}, 1).value().at(0);
}

DeliveryState state_of(Journal& journal, std::int64_t position, QueueNo queue) {
  return delivery(journal, position, queue).state;
}

Begun begin(Journal& journal, const DeliveryRow& row, WallTime now) {
  auto transaction = journal.begin().value();
  const Intent intent{.key = row.key, .state = row.state};
  auto begun = transaction->begin({&intent, 1}, now).value();
  must(transaction->commit());
  return begun.at(0);
}

void end(Journal& journal, const DeliveryRow& row, Transition by, WallTime due) {
  auto transaction = journal.begin().value();
  const Outcome outcome = answered(by == Transition::succeed ? 200 : 500);
  const Settlement settlement{
      .key = row.key, .by = by, .forgive = false, .due = due, .at = noon, .outcome = &outcome};
  must(transaction->settle({&settlement, 1}));
  must(transaction->commit());
}

void attempt(Journal& journal, std::int64_t position, Transition by, WallTime due) {
  const DeliveryRow row = delivery(journal, position);
  begin(journal, row);
  end(journal, row, by, due);
}

std::vector<std::int64_t> positions(const std::vector<DeliveryRow>& rows) {
  std::vector<std::int64_t> positions;
  for (const auto& row : rows) positions.push_back(row.key.position.value());
  return positions;
}

std::vector<std::int64_t> woken(Journal& journal, std::int64_t after) {
  std::vector<std::int64_t> positions;
  const auto wakeups = journal.wakeups(after, 1'000).value();
  for (const auto& wakeup : wakeups) positions.push_back(wakeup.key.position.value());
  return positions;
}

Outcome answered(int status) {
  Outcome outcome;
  outcome.kind = OutcomeKind::answered;
  outcome.status = status;
  outcome.took = std::chrono::milliseconds{3};
  return outcome;
}

}  // namespace dispatch::test
