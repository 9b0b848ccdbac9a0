#include "serve/listener.hpp"

#include "delivery/signature.hpp"
#include "support/fakes.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::serve;

namespace {

Request posted(const std::string& id, const std::string& entity, int sequence, int attempt = 1) {
  return {.method = "POST",
          .target = "/",
          .headers = {{"Idempotency-Key", '"' + id + '"'},
                      {"X-Dispatch-Event-ID", id},
                      {"X-Dispatch-Entity-ID", entity},
                      {"X-Dispatch-Sequence", std::to_string(sequence)},
                      {"X-Dispatch-Attempt", std::to_string(attempt)}},
          .body = R"({"n":1})"};
}

/// A listener and what it printed.
struct Booth {
  explicit Booth(ListenerOptions options)
      : listener(options, out.get(), clock, random, [this](Result<> how) { finished = std::move(how); }) {}

  std::string printed() {
    std::string text(static_cast<std::size_t>(std::ftell(out.get())), '\0');
    std::rewind(out.get());
    REQUIRE(std::fread(text.data(), 1, text.size(), out.get()) == text.size());
    return text;
  }

  std::unique_ptr<std::FILE, int (*)(std::FILE*)> out{std::tmpfile(), &std::fclose};
  test::ManualClock clock;
  test::FixedRandom random{std::uint64_t{1} << 63};  // a half
  std::optional<Result<>> finished;
  Listener listener;
};

}  // namespace

TEST_CASE("a listener prints one line a request with its verdict") {
  Booth booth{{}};
  CHECK(booth.listener.answer(posted("evt-1", "order%207", 1)).status == 200);
  CHECK(booth.listener.answer(posted("evt-1", "order%207", 1, 2)).status == 200);
  CHECK(booth.listener.answer({}).status == 200);
  CHECK(booth.printed() ==
        "2023-11-14T22:13:20.000Z 200 / evt-1 order%207 1 attempt 1 7 B new\n"
        "2023-11-14T22:13:20.000Z 200 / evt-1 order%207 1 attempt 2 7 B duplicate\n"
        "2023-11-14T22:13:20.000Z 200 - - - - attempt - 0 B new\n");
}

TEST_CASE("each path is a receiver of its own and a replay is no duplicate") {
  Booth booth{{}};
  Request other = posted("evt-1", "X", 1);
  other.target = "/b?c";
  Request replayed = posted("evt-1", "X", 1);
  replayed.headers.emplace_back("X-Dispatch-Generation", "1");
  booth.listener.answer(posted("evt-1", "X", 1));
  booth.listener.answer(posted("evt-2", "X", 2));
  for (int i = 0; i < 2; ++i) {
    booth.listener.answer(other);
    booth.listener.answer(replayed);
  }
  CHECK(booth.printed() ==
        "2023-11-14T22:13:20.000Z 200 / evt-1 X 1 attempt 1 7 B new\n"
        "2023-11-14T22:13:20.000Z 200 / evt-2 X 2 attempt 1 7 B new\n"
        "2023-11-14T22:13:20.000Z 200 /b?c evt-1 X 1 attempt 1 7 B new\n"
        "2023-11-14T22:13:20.000Z 200 / evt-1 X 1 replay 1 attempt 1 7 B new\n"
        "2023-11-14T22:13:20.000Z 200 /b?c evt-1 X 1 attempt 1 7 B duplicate\n"
        "2023-11-14T22:13:20.000Z 200 / evt-1 X 1 replay 1 attempt 1 7 B duplicate\n");
}

TEST_CASE("a listener prints JSON with decoded ids and the body where asked") {
  Booth booth{{.json = true, .body = true}};
  booth.listener.answer(posted("caf%C3%A9%zz", "X", 1));
  CHECK(booth.printed() ==
        "{\"time\":\"2023-11-14T22:13:20.000Z\",\"event_id\":\"caf\xc3\xa9%zz\",\"entity_id\":\"X\","
        "\"sequence_number\":1,\"attempt\":1,\"bytes\":7,\"status\":200,\"verdict\":\"new\","
        "\"path\":\"/\",\"generation\":null,\"body\":\"{\\\"n\\\":1}\"}\n");
}

TEST_CASE("a body in text is on its own line and cannot steer the terminal") {
  Booth booth{{.body = true}};
  Request request = posted("evt-1", "X", 1);
  request.body = "a\tb\x1b[2J";
  booth.listener.answer(request);
  CHECK(booth.printed().ends_with(" new\n    a\\tb\\u001b[2J\n"));
}

TEST_CASE("a body cannot pretend to be a line of the listener") {
  Booth booth{{.body = true}};
  Request request = posted("evt-1", "X", 1);
  request.body = "{}\n2023-11-14T22:13:20.000Z 200 / evt-2 X 2 attempt 1 7 B new\n";
  booth.listener.answer(request);
  CHECK(booth.printed() ==
        "2023-11-14T22:13:20.000Z 200 / evt-1 X 1 attempt 1 62 B new\n"
        "    {}\n"
        "    2023-11-14T22:13:20.000Z 200 / evt-2 X 2 attempt 1 7 B new\n");
}

TEST_CASE("header values and targets neither steer the terminal nor pretend to be columns") {
  Booth booth{{}};
  Request request = posted(
      "a\xC2\x9B"
      "2J",
      "X 1 attempt 1", 1);
  request.target = "/\x1b[2J";
  request.headers.emplace_back("X-Dispatch-Generation", "\x9B\xE2\x80\xAE");
  booth.listener.answer(request);
  CHECK(booth.printed() ==
        "2023-11-14T22:13:20.000Z 200 \"/\\u001b[2J\" \"a\\u009b2J\" \"X 1 attempt 1\" 1 replay "
        "\"\xEF\xBF\xBD\\u202e\" attempt 1 7 B new\n");
}

TEST_CASE("a listener fails the first requests of each event") {
  Booth booth{{.fail_status = 503, .fail_first = 2}};
  CHECK(booth.listener.answer(posted("evt-1", "X", 1)).status == 503);
  CHECK(booth.listener.answer(posted("evt-2", "Y", 1)).status == 503);
  CHECK(booth.listener.answer(posted("evt-1", "X", 1, 2)).status == 503);
  CHECK(booth.listener.answer(posted("evt-1", "X", 1, 3)).status == 200);
  CHECK(booth.listener.failed() == 3);
  CHECK(booth.listener.inspector().counts().duplicates == 0);
}

TEST_CASE("a listener fails a share of the requests by chance") {
  Booth often{{.fail_rate = 0.51}};
  Booth seldom{{.fail_rate = 0.49}};
  CHECK(often.listener.answer(posted("evt-1", "X", 1)).status == 500);
  CHECK(seldom.listener.answer(posted("evt-1", "X", 1)).status == 200);
}

TEST_CASE("a listener has enough after the number of requests it was told") {
  Booth booth{{.count = 2}};
  booth.listener.answer(posted("evt-1", "X", 1));
  CHECK_FALSE(booth.finished);
  CHECK(booth.listener.answer(posted("evt-2", "X", 2)).status == 200);
  REQUIRE(booth.finished);
  CHECK(booth.finished->has_value());
  CHECK(booth.listener.answer(posted("evt-3", "X", 3)).status == 503);
  CHECK(booth.listener.inspector().counts().requests == 2);
}

TEST_CASE("a listener that cannot print ends with the error") {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> full{std::fopen("/dev/full", "w"), &std::fclose};
  REQUIRE(full);
  test::ManualClock clock;
  test::FixedRandom random;
  std::optional<Result<>> finished;
  Listener listener{{}, full.get(), clock, random, [&](Result<> how) { finished = std::move(how); }};
  listener.answer(posted("evt-1", "X", 1));
  REQUIRE(finished);
  REQUIRE_FALSE(*finished);
  CHECK(finished->error().message.find("No space left on device") != std::string::npos);
}

TEST_CASE("a listener answers 401 to what is not signed and believes nothing that it says") {
  ListenerOptions options{.count = 3};
  options.check = SignatureCheck::make({"test-secret"}, std::chrono::minutes{5}).value();
  Booth booth{options};
  CHECK(booth.listener.answer(posted("evt-1", "X", 7)).status == 401);
  Request good = posted("evt-1", "X", 1);
  good.headers.emplace_back("X-Dispatch-Timestamp", "1700000000");
  good.headers.emplace_back(
      "X-Dispatch-Signature",
      delivery::dispatch_signature("test-secret", {.id = {}, .timestamp = "1700000000", .body = good.body}));
  CHECK(booth.listener.answer(good).status == 200);
  good.body += ' ';
  CHECK(booth.listener.answer(good).status == 401);
  CHECK(
      booth.printed() ==
      "2023-11-14T22:13:20.000Z 401 / evt-1 X 7 attempt 1 7 B not verified: not signed\n"
      "2023-11-14T22:13:20.000Z 200 / evt-1 X 1 attempt 1 7 B new\n"
      "2023-11-14T22:13:20.000Z 401 / evt-1 X 1 attempt 1 8 B not verified: X-Dispatch-Signature is wrong\n");
  CHECK(booth.listener.unverified() == 2);
  CHECK(booth.listener.inspector().counts().requests == 1);
  CHECK(booth.finished);
}

TEST_CASE("a listener says in JSON what is wrong with a signature") {
  ListenerOptions options{.json = true};
  options.check = SignatureCheck::make({"test-secret"}, std::chrono::minutes{5}).value();
  Booth booth{options};
  booth.listener.answer(posted("evt-1", "X", 1));
  CHECK(
      booth.printed().ends_with("\"status\":401,\"verdict\":\"not verified\","
                                "\"path\":\"/\",\"generation\":null,\"fault\":\"not signed\"}\n"));
}
