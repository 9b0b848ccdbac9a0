#include "cli/output/run_stats_text.hpp"

#include "flow/observe/run_stats_json.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::cli;
using namespace std::chrono_literals;

namespace {

flow::RunStats stats_with(DeliveryState state, std::int64_t count) {
  flow::RunStats stats;
  stats.state_counts.deliveries[static_cast<std::size_t>(state)] = count;
  return stats;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("counts have a comma between thousands") {
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1'000) == "1,000");
  CHECK(count_text(1'234'567) == "1,234,567");
}

TEST_CASE("a progress line leaves out what is zero") {
  CHECK(progress_line({}, {}) == "0 delivered, 0 in flight");
}

TEST_CASE("a progress line says what holds the rest up and how long it will take") {
  flow::RunStats stats = stats_with(DeliveryState::pending, 1'100);
  stats.state_counts.deliveries[static_cast<std::size_t>(DeliveryState::retry_wait)] = 3;
  stats.state_counts.deliveries[static_cast<std::size_t>(DeliveryState::dead_letter)] = 2;
  stats.delivered = 2'000;
  stats.in_flight = 50;
  stats.host_limited = 100;
  flow::Throughput throughput;
  throughput.note(SteadyTime{}, 0);
  throughput.note(SteadyTime{} + 2s, 2'000);
  CHECK(progress_line(stats, throughput) ==
        "2,000 delivered, 50 in flight, 3 backing off, 100 host-limited, 1,000 waiting, 2 dead, 1,000/s, 2s "
        "left");
}

TEST_CASE("a progress line says for what it waits where nothing seems to move") {
  flow::RunStats stats = stats_with(DeliveryState::pending, 30);
  stats.rate_limited = 12;
  stats.circuit_limited = 8;
  stats.next_probe = 12s;
  CHECK(progress_line(stats, {}) ==
        "0 delivered, 0 in flight, 12 waiting for a rate, 8 waiting for an open circuit (next probe in 12s), "
        "10 waiting");
}

TEST_CASE("the table says how many circuits are open where some are") {
  flow::RunStats stats;
  CHECK_FALSE(has(delivery_table(stats, 1s, "blocked"), "circuits open"));
  stats.circuits_open = 2;
  CHECK(has(delivery_table(stats, 1s, "blocked"), "circuits open            2"));
}

TEST_CASE("a follower's progress line says so") {
  flow::RunStats stats;
  stats.following = true;
  CHECK(has(progress_line(stats, {}), "following another dispatcher"));
}

TEST_CASE("the table names the errors that were most frequent first and not all of them") {
  flow::RunStats stats;
  for (int i = 1; i <= 9; ++i) stats.errors["error " + std::to_string(i)] = static_cast<std::uint64_t>(i);
  const std::string table = delivery_table(stats, 1s, "blocked");
  CHECK(table.find("error 9") < table.find("error 8"));
  CHECK(has(table, "error 5"));
  CHECK_FALSE(has(table, "error 4"));
}

TEST_CASE("the table gives rate and percentiles") {
  flow::RunStats stats;
  stats.delivered = 500;
  for (int i = 0; i < 100; ++i) stats.latency.add(10ms);
  const std::string table = delivery_table(stats, 2s, "blocked");
  CHECK(has(table, "250/s"));
  CHECK(has(table, "p50 10"));
  CHECK(has(table, "p99 10"));
}

TEST_CASE("figures for programs are one JSON object") {
  flow::RunStats stats = stats_with(DeliveryState::dead_letter, 2);
  stats.delivered = 7;
  stats.buried = 4;
  stats.not_meant = 3;
  stats.errors["it said \"no\""] = 1;
  std::string text;
  {
    JsonObject object{text};
    flow::add_stats(object, stats, 500ms);
  }
  CHECK(has(text, "\"delivered\":7,"));
  CHECK(has(text, "\"dead_letter\":2,"));
  CHECK(has(text, "\"per_second\":14,"));
  CHECK(has(text, "\"new_dead_letters\":4,\"excluded_by_filter\":3"));
  CHECK(has(text, "\"errors\":{\"it said \\\"no\\\"\":1}"));
}
