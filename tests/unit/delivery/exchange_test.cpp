// One request and its answer, on a channel that does what a test says.

#include "delivery/http/direct/exchange.hpp"

#include "support/fakes.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>
#include <sys/epoll.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Progress = Channel::Progress;
using State = Channel::State;

Progress blocked(std::uint32_t awaited) {
  return {.state = State::blocked, .awaited = awaited};
}

/// Each read and each write takes the next step of its list. Without one a read is blocked and a write writes
/// all.
class ScriptedChannel final : public Channel {
 public:
  Progress read(std::span<char> into) override {
    ++reads;
    if (to_read.empty()) return blocked(EPOLLIN);
    const auto [progress, text] = std::exchange(to_read.front(), {});
    to_read.pop_front();
    if (progress.state != State::moved) return progress;
    text.copy(into.data(), into.size());
    return {State::moved, text.size()};
  }
  Progress write(std::string_view bytes, bool) override {
    if (to_write.empty()) {
      written += bytes;
      return {State::moved, bytes.size()};
    }
    auto progress = to_write.front();
    to_write.pop_front();
    written += bytes.substr(0, progress.bytes);
    return progress;
  }
  std::string explain() const override { return "it broke"; }
  int socket() const override { return -1; }
  State listen() override { return quiet ? State::blocked : State::moved; }
  bool is_at_rest() override { return quiet; }

  struct Step {
    Progress progress;
    std::string text;
  };
  void says(std::string text) { to_read.push_back({{State::moved}, std::move(text)}); }

  std::deque<Step> to_read;
  std::deque<Progress> to_write;
  std::string written;
  int reads = 0;
  bool quiet = true;
};

struct ExchangeFixture {
  explicit ExchangeFixture(std::string payload = "{}") {
    Exchange::Start start{};
    start.outgoing.ticket = 7;
    start.outgoing.payload = std::move(payload);
    start.timeout = 5s;
    exchange.begin(std::move(start), {.secure = true, .place = "", .start = "POST / HTTP/1.1\r\nHost: h\r\n"},
                   HeaderLines{HeaderLines::Form::wire});
  }
  bool advance(std::uint32_t ready) { return exchange.advance(channel, ready, buffer); }

  HttpOptions options;
  Exchange exchange{options};
  ScriptedChannel channel;
  ManualClock clock;
  std::array<char, 1'024> buffer{};
};

const std::string accepted_early = "HTTP/1.1 202 Fine\r\nContent-Length: 0\r\n\r\n";

}  // namespace

TEST_CASE("an exchange waits for room to write and for an answer") {
  ExchangeFixture it;
  it.channel.to_write = {{State::moved, 10}, blocked(EPOLLOUT)};
  CHECK_FALSE(it.advance(EPOLLOUT));
  CHECK(it.exchange.awaited() == (EPOLLIN | EPOLLOUT));
  CHECK_FALSE(it.advance(EPOLLOUT));
  CHECK(it.exchange.awaited() == EPOLLIN);
  CHECK(it.channel.written.ends_with("\r\n\r\n{}"));
  it.channel.says(accepted_early);
  CHECK(it.advance(EPOLLIN));
  CHECK(it.exchange.allows_reuse());
  CHECK(it.exchange.finish("", it.clock).outcome.status == 202);
}

TEST_CASE("a write that TLS can do only after a read waits for that and not for room") {
  ExchangeFixture it;
  it.channel.to_write = {blocked(EPOLLIN), blocked(EPOLLIN)};
  CHECK_FALSE(it.advance(EPOLLOUT));
  CHECK(it.exchange.awaited() == EPOLLIN);
  // Room is no news; half a record of the handshake is none either.
  CHECK_FALSE(it.advance(EPOLLIN));
  CHECK(it.exchange.awaited() == EPOLLIN);
  CHECK_FALSE(it.advance(EPOLLIN));
  CHECK(it.channel.written.ends_with("{}"));
}

TEST_CASE("a read that TLS can do only after a write waits for room and not for more to read") {
  ExchangeFixture it;
  CHECK_FALSE(it.advance(EPOLLOUT));
  it.channel.to_read.push_back({blocked(EPOLLOUT), ""});
  CHECK_FALSE(it.advance(EPOLLIN));
  CHECK(it.exchange.awaited() == EPOLLOUT);
  CHECK_FALSE(it.advance(EPOLLOUT));
  CHECK(it.exchange.awaited() == EPOLLIN);
  it.channel.says(accepted_early);
  CHECK(it.advance(EPOLLIN));
}

TEST_CASE("a handshake that was put off until all is written is not forgotten") {
  ExchangeFixture it;
  it.channel.to_write = {blocked(EPOLLOUT)};
  CHECK_FALSE(it.advance(EPOLLOUT));
  CHECK_FALSE(it.advance(EPOLLIN));
  const int before = it.channel.reads;
  CHECK_FALSE(it.advance(EPOLLOUT));
  CHECK(it.channel.reads == before + 1);
}

TEST_CASE("what is said behind an early answer ends the connection") {
  for (const bool quiet : {true, false}) {
    ExchangeFixture it;
    it.channel.to_write = {{State::moved, 10}, blocked(EPOLLOUT)};
    CHECK_FALSE(it.advance(EPOLLOUT));
    it.channel.says(accepted_early);
    CHECK_FALSE(it.advance(EPOLLIN));
    CHECK(it.exchange.awaited() == EPOLLOUT);
    it.channel.quiet = quiet;
    CHECK(it.advance(EPOLLOUT));
    CHECK(it.exchange.allows_reuse() == quiet);
    CHECK(it.exchange.finish("", it.clock).outcome.status == 202);
  }
}

TEST_CASE("an exchange of which nothing was written is known not to have arrived") {
  {
    ExchangeFixture it;
    const auto outcome = it.exchange.give_up("no descriptor", "", it.clock).outcome;
    CHECK(outcome.kind == OutcomeKind::local_failure);
    CHECK(outcome.error == "no descriptor");
  }
  CHECK(ExchangeFixture{}.exchange.cut().outcome.kind == OutcomeKind::withdrawn);
  {
    ExchangeFixture it;
    const auto outcome = it.exchange.time_out("", it.clock).outcome;
    CHECK(outcome.kind == OutcomeKind::timeout);
    CHECK(outcome.error == "timed out after 5s: the connection was made too late for the request");
  }
  {
    ExchangeFixture it;
    CHECK(it.exchange.not_sent("it spoke", "", it.clock).outcome.kind == OutcomeKind::connect_error);
  }
}

TEST_CASE("an exchange of which something may have been written may have arrived") {
  const auto written = [] {
    auto it = std::make_unique<ExchangeFixture>();
    it->channel.to_write = {blocked(EPOLLOUT)};  // TLS may have sent a part of a record
    CHECK_FALSE(it->advance(EPOLLOUT));
    return it;
  };
  auto it = written();
  CHECK(it->exchange.give_up("no descriptor", "", it->clock).outcome.kind == OutcomeKind::broken);
  CHECK(written()->exchange.cut().outcome.kind == OutcomeKind::unknown);
  it = written();
  CHECK(it->exchange.time_out("", it->clock).outcome.error == "timed out after 5s, waiting for an answer");
}
