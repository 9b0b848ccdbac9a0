#include "delivery/transport_by_host.hpp"

#include "support/collected_reports.hpp"
#include "support/scripted_transport.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

using Ids = std::vector<std::string>;

/// Three transports behind one, each with so many attempts at a time.
struct ThreeThreads {
  explicit ThreeThreads(std::size_t at_once = 100) {
    std::vector<std::unique_ptr<delivery::Transport>> owned;
    for (auto& transport : each) {
      auto made = std::make_unique<ScriptedTransport>(reports, at_once);
      transport = made.get();
      owned.push_back(std::move(made));
    }
    by_host.emplace(std::move(owned));
  }

  /// Sends one attempt to each host in one batch, with the event id of its place from 1.
  void send(const std::vector<std::uint32_t>& hosts) {
    std::vector<Outgoing> batch;
    for (const auto host : hosts) {
      Outgoing& outgoing = batch.emplace_back();
      outgoing.ticket = ++sent;
      outgoing.event_id = std::to_string(sent);
      outgoing.host = host;
    }
    by_host->send(std::move(batch));
  }

  std::uint64_t sent = 0;
  CollectedReports reports;
  std::array<ScriptedTransport*, 3> each{};
  std::optional<delivery::TransportByHost> by_host;
};

}  // namespace

TEST_CASE("all attempts to a host go to one transport in the order sent and hosts are spread evenly") {
  ThreeThreads three;
  three.send({0, 1, 2, 3, 0, 4, 5, 1});
  three.send({});
  three.send({3, 0});
  three.send({5});
  CHECK(three.each[0]->sent_ids() == Ids{"1", "4", "5", "9", "10"});
  CHECK(three.each[1]->sent_ids() == Ids{"2", "6", "8"});
  CHECK(three.each[2]->sent_ids() == Ids{"3", "7", "11"});
  CHECK(three.reports.count() == 0);
}

TEST_CASE("a withdrawal and an abort reach the transports of all hosts") {
  ThreeThreads three{1};
  three.send({0, 0, 1, 1, 1, 2});
  CHECK(three.by_host->waiting() == 3);
  three.by_host->withdraw();
  REQUIRE(three.reports.count() == 3);
  for (const auto& report : three.reports.all()) CHECK(report.outcome.kind == OutcomeKind::withdrawn);
  CHECK(three.by_host->waiting() == 0);
  three.by_host->abort();
  REQUIRE(three.reports.count() == 6);
  for (std::size_t i = 3; i < 6; ++i) CHECK(three.reports.all()[i].outcome.kind == OutcomeKind::unknown);
}

TEST_CASE("one transport is asked what became of attempts to all hosts") {
  using delivery::Fate;
  ThreeThreads three;
  three.each[0]->knows_arrived({"e2"});
  const std::vector<delivery::Attempted> attempts{{.url = "http://a/", .event_id = "e1"},
                                                  {.url = "http://b/", .event_id = "e2"}};
  CHECK(three.by_host->resolve(attempts) == std::vector<Fate>{Fate::absent, Fate::arrived});
  CHECK(three.by_host->resolve({}).empty());
  CHECK(&three.by_host->protocol("http://a/") == &delivery::http_protocol());
}
