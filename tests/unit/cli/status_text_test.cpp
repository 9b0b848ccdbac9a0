#include "cli/output/status_text.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::cli;

namespace {

constexpr WallTime noon{std::chrono::seconds{1'700'000'000}};

operations::Status busy() {
  operations::Status status;
  status.journal = "dispatch.db";
  auto& journal_status = status.journal_status;
  journal_status.state_counts.deliveries = {1'200, 3, 2, 1, 5'000, 0};
  journal_status.blocked_lanes = 1;
  journal_status.behind_dead = 7;
  journal_status.gapped_entities = 2;
  journal_status.behind_gaps = 1;
  journal_status.unknown = 4;
  journal_status.next_due = noon + std::chrono::seconds{20};
  journal_status.oldest_pending = noon - std::chrono::hours{2};
  journal_status.journal_bytes = 1'536;
  journal_status.owned = true;
  journal_status.hosts = {{"a.test", 1'000, 3, 2, 1}, {"b.test", 200, 0, 0, 0}};
  journal_status.more_hosts = 5;
  journal_status.rejects = {3, 10};
  return status;
}

}  // namespace

TEST_CASE("status is one screen that says what waits and for what") {
  CHECK(status_text(busy(), noon) == R"(dispatch.db: 1.5 KiB, 0 B in its WAL; a run is on

  pending               1,200  the oldest accepted 2h 0m ago
  in_flight                 3
  retry_wait                2  the next is due in 20s
  dead_letter               1  7 events wait behind them
  completed             5,000
  failed                    0
  gaps                      2  entities lack sequence numbers; 1 event waits behind them
  rejected                  3  lines of input that could not be accepted, 10 B
  unknown                   4  attempts whose outcome is unknown

HOST    PENDING  IN FLIGHT  RETRY WAIT  DEAD
a.test    1,000          3           2     1
b.test      200          0           0     0
and 5 more hosts
)");
}

TEST_CASE("status of a journal that holds nothing is short") {
  operations::Status status;
  status.journal = "dispatch.db";
  const auto text = status_text(status, noon);
  CHECK(text.find("no run is on") != std::string::npos);
  CHECK(text.find("HOST") == std::string::npos);
  CHECK(text.find("gaps") == std::string::npos);
  CHECK(text.find(" \n") == std::string::npos);
}

TEST_CASE("status says that what is in flight was left there where no run is on") {
  auto status = busy();
  status.journal_status.owned = false;
  CHECK(status_text(status, noon).find("left by a run that ended") != std::string::npos);
}

TEST_CASE("status lists paused subscriptions and circuits that are not closed") {
  auto status = busy();
  status.journal_status.hosts.clear();
  status.journal_status.more_hosts = 0;
  status.journal_status.paused = {
      {"billing", "the receiver answered 410 Gone", noon - std::chrono::hours{2}, 1'200}};
  status.journal_status.more_paused = 3;
  status.journal_status.circuits = {{"http://a.test/hook", false, noon - std::chrono::seconds{12}, 7},
                                    {"http://a.test/hook", true, noon, 1, "billing"}};
  const auto text = status_text(status, noon);
  CHECK(text.find(R"(
PAUSED SUBSCRIPTION    FOR  WAITING  REASON
billing              2h 0m    1,200  the receiver answered 410 Gone
and 3 more that are paused

CIRCUIT    FOR  WAITING  SUBSCRIPTION  URL
open       12s        7  direct        http://a.test/hook
half-open   0s        1  billing       http://a.test/hook
)") != std::string::npos);

  std::string line;
  {
    JsonObject object{line};
    operations::add_status(object, status, noon);
  }
  CHECK(line.find(
            R"("paused":[{"subscription":"billing","reason":"the receiver answered 410 Gone","since":)") !=
        std::string::npos);
  CHECK(line.find(R"("circuits":[{"url":"http://a.test/hook","state":"open","since":)") != std::string::npos);
  CHECK(line.find(fmt::format("\"excluded_by_filter\":{}", status.journal_status.not_meant)) !=
        std::string::npos);
  CHECK(line.find(R"("subscription":null,"waiting":7},)") != std::string::npos);
  CHECK(line.find(R"("subscription":"billing","waiting":1}])") != std::string::npos);
}

TEST_CASE("status lists URLs that asked for time while that lasts") {
  auto status = busy();
  status.journal_status.held_back = {{"http://a.test/hook", noon + std::chrono::seconds{90}, "billing"},
                                     {"http://b.test/", noon}};
  const auto text = status_text(status, noon);
  CHECK(text.find(R"(
HELD BACK       SUBSCRIPTION  URL
free in 1m 30s  billing       http://a.test/hook
)") != std::string::npos);
  CHECK(text.find("http://b.test/") == std::string::npos);
  std::string line;
  {
    JsonObject object{line};
    operations::add_status(object, status, noon);
  }
  CHECK(line.find(R"("held_back":[{"url":"http://a.test/hook","until":)") != std::string::npos);
  status.journal_status.held_back.clear();
  CHECK(status_text(status, noon).find("HELD BACK") == std::string::npos);
}

TEST_CASE("status for programs is one JSON object") {
  std::string line;
  {
    JsonObject object{line};
    operations::add_status(object, busy(), noon);
  }
  CHECK(line.find(R"("pending":1200,)") != std::string::npos);
  CHECK(line.find(R"("next_due":"2023-11-14T22:13:40.000Z")") != std::string::npos);
  CHECK(line.find(R"({"host":"b.test","pending":200,)") != std::string::npos);
  CHECK(line.find('\n') == std::string::npos);
}
