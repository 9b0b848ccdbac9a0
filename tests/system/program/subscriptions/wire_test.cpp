// What a subscription is sent, from the command that adds it to the receiver that checks it.

#include "system/program/local_receiver.hpp"
#include "system/program/scenario.hpp"

#include <string>
#include <vector>

using namespace dispatch::test;

namespace {

const std::string order =
    R"({"event_id":"o.1","type":"order.added","source":"shop","entity_id":"X","sequence_number":1,)"
    R"("time":"2026-01-02T03:04:05Z","payload":{"amount" : 99}})"
    "\n";

int add(const TempDir& directory, const std::string& url, std::vector<std::string> more) {
  std::vector<std::string> arguments{"subscription", "add", "shop", "--url", url, "--types", "*"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto added = run_dispatch(directory, std::move(arguments));
  CHECK_MESSAGE(added.exit_code == 0, added.err);
  return added.exit_code;
}

Finished run(const TempDir& directory, const std::string& events) {
  return run_dispatch(directory, {"run", "--attempts", "1", "-"}, events);
}

}  // namespace

TEST_CASE("what a subscription with a secret is sent verifies and is made as it asked") {
  const TempDir directory;
  const std::string secret = directory.write("secret", "the old secret\n");
  LocalReceiver receiver{directory, {"--secret-file", secret, "--json", "--body"}};
  REQUIRE(add(directory, receiver.url(),
              {"--secret-file", secret, "--body", "envelope", "--transform", "{n: .data.amount}"}) == 0);
  const auto done = run(directory, order);
  CHECK_MESSAGE(done.exit_code == 0, done.err);
  const auto lines = receiver.stop();
  CHECK(has(lines, "\"status\":200,\"verdict\":\"new\""));
  CHECK(has(lines, R"(\"timestamp\":\"2026-01-02T03:04:05Z\",\"data\":{\"n\":99}})"));
}

TEST_CASE(
    "while a secret rotates receivers of the old and of the new one verify and then those of the new one") {
  const TempDir directory;
  const std::string old_secret = directory.write("old", "the old secret\n");
  const std::string new_secret = directory.write("new", "the new secret\n");
  const LocalReceiver with_old{directory, {"--secret-file", old_secret}};
  const LocalReceiver with_new{directory, {"--secret-file", new_secret}};
  REQUIRE(add(directory, with_old.url(), {"--secret-file", old_secret}) == 0);
  const auto rotate = [&](const std::string& keep) {
    return run_dispatch(
        directory, {"subscription", "rotate-secret", "shop", "--secret-file", new_secret, "--keep", keep});
  };
  REQUIRE(rotate("1h").exit_code == 0);
  CHECK(run(directory, event_line("e1", "A", 1)).exit_code == 0);
  REQUIRE(add(directory, with_new.url(), {"--replace"}) == 0);
  CHECK(run(directory, event_line("e2", "B", 1)).exit_code == 0);
  CHECK(with_old.wait_for(" 200 / e1 "));
  CHECK(with_new.wait_for(" 200 / e2 "));
}

TEST_CASE("a receiver with another secret refuses and the attempt says so") {
  const TempDir directory;
  const LocalReceiver receiver{directory, {"--secret-file", directory.write("theirs", "another secret\n")}};
  REQUIRE(add(directory, receiver.url(), {"--secret-file", directory.write("ours", "the secret\n")}) == 0);
  const auto done = run(directory, event_line("e1", "A", 1));
  CHECK(done.exit_code == 3);
  CHECK(receiver.wait_for(" 401 / e1 A 1 attempt 1 2 B not verified: X-Dispatch-Signature is wrong\n"));
  CHECK(has(run_dispatch(directory, {"attempts", "e1"}).out, "401"));
  for (const char* command : {"subscription list --json", "subscription show shop", "events show e1"}) {
    const auto said = run_dispatch(directory, [&] {
      std::vector<std::string> words;
      for (std::string rest{command}; !rest.empty();) {
        const auto space = rest.find(' ');
        words.push_back(rest.substr(0, space));
        rest = space == std::string::npos ? "" : rest.substr(space + 1);
      }
      return words;
    }());
    CHECK_MESSAGE(said.exit_code == 0, said.err);
    CHECK_FALSE(has(said.out + said.err, "the secret"));
  }
}

TEST_CASE("a filter or a transform that fails makes a dead letter that says so") {
  for (const std::string what : {"filter", "transform"}) {
    CAPTURE(what);
    const TempDir directory;
    const Receiver receiver;
    REQUIRE(add(directory, receiver.url(), {"--" + what, ".data.amount.x"}) == 0);
    CHECK(run(directory, order).exit_code == 3);
    CHECK(receiver.count() == 0);
    CHECK(has(run_dispatch(directory, {"attempts", "o.1", "--json"}).out,
              "the " + what + " of subscription shop failed: Cannot index number with string"));
    CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
  }
}

TEST_CASE("a CloudEvent in binary mode is signed over its body with the id that its header has") {
  const TempDir directory;
  const Receiver receiver;
  REQUIRE(add(directory, receiver.url(),
              {"--body", "cloudevents-binary", "--header", "X-Team: a b", "--generate-secret"}) == 0);
  CHECK(run(directory, order).exit_code == 0);
  REQUIRE(receiver.count() == 1);
  const auto request = receiver.received().front();
  CHECK(request.body == R"({"amount" : 99})");
  CHECK(request.header("ce-id") == "o.1");
  CHECK(request.header("ce-source") == "shop");
  CHECK(request.header("ce-time") == "2026-01-02T03:04:05Z");
  CHECK(request.header("ce-sequence") == "0000000000000000001");
  CHECK(request.header("X-Team") == "a b");
  CHECK(request.header("webhook-id") == "o%2E1");
  CHECK(request.header("webhook-timestamp") == request.header("X-Dispatch-Timestamp"));
}
