#include "delivery/transport_by_scheme.hpp"

#include "support/collected_reports.hpp"
#include "support/scripted_transport.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

constexpr std::array<std::string_view, 1> broker_schemes{"broker"};

/// Two transports behind one.
struct TwoSchemes {
  CollectedReports reports;
  ScriptedTransport http{reports, 1};
  ScriptedTransport broker{reports, 1};
  delivery::TransportByScheme transport{{{http_schemes, http}, {broker_schemes, broker}}, reports};

  /// Sends one attempt to each URL in one batch, with the ticket and event id of its place from 1.
  void send(const std::vector<std::string>& urls) {
    std::vector<Outgoing> batch;
    for (const auto& url : urls) {
      Outgoing outgoing;
      outgoing.ticket = batch.size() + 1;
      outgoing.event_id = std::to_string(outgoing.ticket);
      outgoing.url = url;
      batch.push_back(std::move(outgoing));
    }
    transport.send(std::move(batch));
  }
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("each attempt goes to the transport of its scheme in the order sent") {
  CollectedReports reports;
  ScriptedTransport http{reports}, broker{reports};
  delivery::TransportByScheme transport{{{http_schemes, http}, {broker_schemes, broker}}, reports};
  CHECK(std::vector<std::string_view>(transport.schemes().begin(), transport.schemes().end()) ==
        std::vector<std::string_view>{"http", "https", "broker"});
  std::vector<Outgoing> batch;
  for (const std::string url : {"http://h/", "broker://h/1", "https://h/", "BROKER://h/2", "HTTP://h/"}) {
    Outgoing& outgoing = batch.emplace_back();
    outgoing.ticket = batch.size();
    outgoing.event_id = std::to_string(batch.size());
    outgoing.url = url;
  }
  transport.send(std::move(batch));
  CHECK(http.sent_ids() == Ids{"1", "3", "5"});
  CHECK(broker.sent_ids() == Ids{"2", "4"});
  transport.send({});
  CHECK(reports.count() == 0);
}

TEST_CASE("a batch of one scheme goes on as it came") {
  TwoSchemes two;
  two.send({"broker://h/1"});
  CHECK(two.broker.sent_ids() == Ids{"1"});
  two.send({"http://h/1", "https://h/2"});
  CHECK(two.http.sent_ids() == Ids{"1"});  // one at a time
}

TEST_CASE("what has a scheme without a transport is refused and says which there are") {
  TwoSchemes two;
  two.send({"ftp://h/?key=SECRET", "http://h/", "h/path", "httpx://h/", "http"});
  const auto reports = two.reports.all();
  REQUIRE(reports.size() == 4);
  for (const auto& report : reports) {
    CHECK(report.outcome.kind == OutcomeKind::refused);
    CHECK(report.outcome.error.find("SECRET") == std::string::npos);
  }
  CHECK(reports[0].ticket == 1);
  CHECK(reports[0].outcome.error ==
        "not sent: its URL has the scheme 'ftp', and this program delivers to http, https and broker only");
  CHECK(reports[1].outcome.error == "not sent: its URL has no scheme");
  CHECK(reports[2].ticket == 4);
  CHECK(reports[3].ticket == 5);
  CHECK(two.http.sent_ids() == Ids{"2"});

  two.send({"ftp://h/"});  // alone in its batch
  CHECK(two.reports.count() == 5);
}

TEST_CASE("a withdrawal and an abort reach every transport") {
  TwoSchemes two;
  const std::vector<std::string> urls{"http://h/", "http://h/", "broker://h/", "broker://h/"};
  two.send(urls);
  two.transport.withdraw();
  REQUIRE(two.reports.count() == 2);
  for (const auto& report : two.reports.all()) CHECK(report.outcome.kind == OutcomeKind::withdrawn);
  two.transport.abort();
  REQUIRE(two.reports.count() == 4);
  CHECK(two.reports.all()[2].outcome.kind == OutcomeKind::unknown);
  CHECK(two.reports.all()[3].outcome.kind == OutcomeKind::unknown);
}

TEST_CASE("each target is asked what became of its attempts and nobody is asked of other schemes") {
  using delivery::Attempted;
  using delivery::Fate;
  TwoSchemes two;
  two.broker.knows_arrived({"e2", "e6"});
  const std::vector<Attempted> attempts{
      {.url = "http://h/", .event_id = "e1"},   {.url = "broker://h/", .event_id = "e2"},
      {.url = "broker://h/", .event_id = "e3"}, {.url = "ftp://h/", .event_id = "e4"},
      {.url = "https://h/", .event_id = "e5"},  {.url = "broker://h/", .event_id = "e6"}};
  CHECK(two.transport.resolve(attempts) == std::vector<Fate>{Fate::unknown, Fate::arrived, Fate::absent,
                                                             Fate::unknown, Fate::unknown, Fate::arrived});
  CHECK(two.transport.resolve({}).empty());
}

TEST_CASE("spans tell of the protocol of the URL's scheme and of none where there is none") {
  TwoSchemes two;
  two.broker.speak(delivery::plain_protocol());
  CHECK(&two.transport.protocol("https://h/") == &delivery::http_protocol());
  CHECK(&two.transport.protocol("broker://h/") == &delivery::plain_protocol());
  CHECK(&two.transport.protocol("ftp://h/") == &delivery::plain_protocol());
}

TEST_CASE("a scheme belongs to the first transport that names it") {
  CollectedReports reports;
  ScriptedTransport first{reports}, second{reports};
  delivery::TransportByScheme transport{{{broker_schemes, first}, {broker_schemes, second}}, reports};
  CHECK(transport.schemes().size() == 1);
  std::vector<Outgoing> batch(1);
  batch[0].url = "broker://h/";
  transport.send(std::move(batch));
  CHECK(first.sent().size() == 1);
  CHECK(second.sent().empty());
}
