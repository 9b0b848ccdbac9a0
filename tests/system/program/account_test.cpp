// The judge of the receivers' records, judged.

#include "system/program/account.hpp"

#include <doctest/doctest.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Requests that each take a second, one after the other, all answered well.
std::vector<Received> requests(const std::string& entity, const std::vector<int>& numbers) {
  std::vector<Received> all;
  for (const int number : numbers) {
    auto& request = all.emplace_back();
    request.number = all.size() - 1;
    request.headers = {{"X-Dispatch-Entity-ID", entity}, {"X-Dispatch-Sequence", std::to_string(number)}};
    request.arrived = std::chrono::steady_clock::time_point{std::chrono::seconds{all.size()}};
    request.ended = request.arrived + 500ms;
    request.ending = Ending::answered;
    request.status = 200;
  }
  return all;
}

const Submitted three{{"X", {1, 2, 4}}};

}  // namespace

TEST_CASE("a record in which each event is completed once and in order keeps every promise") {
  auto record = requests("X", {1, 2, 2, 4});
  record[1].status = 500;
  const auto all = account(record, three);
  CHECK(all.kept());
  CHECK(all.completed == 3);
}

TEST_CASE("a record that breaks a promise is charged with that promise") {
  CHECK(account(requests("X", {1, 2}), three).lost == 1);
  CHECK(account(requests("X", {1, 2, 2, 4}), three).repeated == 1);
  CHECK(account(requests("X", {1, 4, 2}), three).out_of_order == 1);
  CHECK(account(requests("X", {1, 2, 3, 4}), three).unheard_of == 1);
  CHECK(account(requests("Y", {1}), three).unheard_of == 1);
  auto overlapping = requests("X", {1, 2, 4});
  overlapping[1].ended = overlapping[2].arrived + 1ms;
  CHECK(account(overlapping, three).overlapping == 1);
  auto broken = requests("X", {1, 2, 4});
  broken[2].ending = Ending::broken;
  CHECK(account(broken, three).lost == 1);
}
