// Subscriptions as their users meet them: commands beside a run, and what receivers get.

#include "system/program/scenario.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

std::string typed(const std::string& id, const std::string& type, const std::string& entity = "E",
                  int sequence = 0, const std::string& payload = "{}") {
  return fmt::format(R"({{"event_id":"{}","type":"{}","entity_id":"{}",{}"payload":{}}})"
                     "\n",
                     id, type, entity, sequence > 0 ? fmt::format("\"sequence_number\":{},", sequence) : "",
                     payload);
}

Finished subscribe(const TempDir& directory, const std::string& id, const std::string& url,
                   const std::string& types, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"subscription", "add", id, "--url", url, "--types", types};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_dispatch(directory, std::move(arguments));
}

std::vector<std::string> ids_at(const Receiver& receiver, const std::string& path = "/") {
  std::vector<std::string> ids;
  for (const auto& request : receiver.received())
    if (request.target == path) ids.push_back(id_of(request));
  return ids;
}

std::string shown(const TempDir& directory, const std::string& id) {
  const auto show = run_dispatch(directory, {"subscription", "show", id, "--json"});
  CHECK(show.exit_code == 0);
  return show.out;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("an event goes to every subscription that means it and one that none means is counted") {
  const TempDir directory;
  const Receiver receiver;
  CHECK(subscribe(directory, "orders", receiver.url("/orders"), "order.*").exit_code == 0);
  CHECK(subscribe(directory, "added", receiver.url("/added"), "order.added,user.added").exit_code == 0);
  CHECK(subscribe(directory, "large", receiver.url("/large"), "order.*", {"--filter", ".data.n > 5"})
            .exit_code == 0);
  const auto run = run_dispatch(directory, {"run", "-"},
                                typed("a", "order.added", "A", 1, R"({"n":1})") +
                                    typed("b", "order.item.added", "A", 2, R"({"n":9})") +
                                    typed("c", "user.added", "B", 1) + typed("d", "order", "C", 1));
  CHECK(run.exit_code == 0);
  CHECK(ids_at(receiver, "/orders") == Ids{"a", "b"});
  CHECK(ids_at(receiver, "/large") == Ids{"b"});
  auto added = ids_at(receiver, "/added");
  std::sort(added.begin(), added.end());
  CHECK(added == Ids{"a", "c"});
  CHECK(has(run.err, "matched no subscription"));
  CHECK(has(run.err, "accepted                 4"));
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
  const auto unmatched = run_dispatch(directory, {"events", "list", "--unmatched", "--json"});
  CHECK(line_count(unmatched.out) == 1);
  CHECK(text_under("event_id", unmatched.out) == "d");
  CHECK(has(run_dispatch(directory, {"status"}).out, "unmatched                 1"));

  const auto again = run_dispatch(directory, {"run", "-"}, typed("d", "order", "C", 1));
  CHECK(has(again.err, "duplicates               1"));
}

TEST_CASE("a subscription that fails holds up no other") {
  const TempDir directory;
  const Receiver good;
  const Receiver bad{[](const Received&, std::size_t) {
    Answer answer;
    answer.status = 500;
    return answer;
  }};
  subscribe(directory, "bad", bad.url(), "*");
  subscribe(directory, "good", good.url(), "*");
  std::string lines;
  for (int i = 1; i <= 20; ++i) lines += typed(fmt::format("e{}", i), "t", "X", i);
  const auto run = run_dispatch(directory, {"run", "-", "--attempts", "2", "--backoff", "10ms..20ms"}, lines);
  CHECK(run.exit_code == 3);
  CHECK(good.count() == 20);
  CHECK(review(good.received()).order_violations == 0);
  CHECK(bad.count() == 2);
  CHECK(has(shown(directory, "bad"), "\"dead_letter\":1,"));
  CHECK(has(shown(directory, "good"), "\"completed\":20,"));
  CHECK(has(run_dispatch(directory, {"dlq", "list"}).out, bad.url()));
}

TEST_CASE("a run that is on sends what comes after a subscription was added to it as well") {
  const TempDir directory;
  const Receiver first, second;
  subscribe(directory, "first", first.url(), "*");
  Child run{directory, {"run", "-"}};
  REQUIRE(run.write(typed("e1", "t", "X", 1)));
  REQUIRE(first.wait_ended(1));
  CHECK(subscribe(directory, "second", second.url(), "*").exit_code == 0);
  REQUIRE(run.write(typed("e2", "t", "X", 2)));
  REQUIRE(first.wait_ended(2));
  REQUIRE(second.wait_ended(1));
  CHECK(run_dispatch(directory, {"subscription", "remove", "first"}).exit_code == 0);
  REQUIRE(run.write(typed("e3", "t", "X", 3)));
  REQUIRE(second.wait_ended(2));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(ids_at(first) == Ids{"e1", "e2"});
  CHECK(ids_at(second) == Ids{"e2", "e3"});
}

TEST_CASE("a run that began without subscriptions takes lines without a url once there is one") {
  const TempDir directory;
  const Receiver receiver;
  Child run{directory, {"run", "-"}};
  REQUIRE(run.write(typed("e1", "t", "X", 1)));
  REQUIRE(run.err().wait_for("its lines wait"));
  CHECK(subscribe(directory, "late", receiver.url(), "*").exit_code == 0);
  // A line that comes when the run has seen the subscription takes those before it along.
  int lines = 1;
  while (lines < 100 && !receiver.wait_ended(1, 100ms)) {
    ++lines;
    REQUIRE(run.write(typed(fmt::format("e{}", lines), "t", "X", lines)));
  }
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(receiver.count() == static_cast<std::size_t>(lines));
}

TEST_CASE("a subscription from a position on gets what the journal holds already") {
  const TempDir directory;
  const Receiver first, late;
  subscribe(directory, "first", first.url(), "*");
  std::string lines;
  for (int i = 1; i <= 10; ++i)
    lines += typed(fmt::format("e{}", i), "t", "X", i, fmt::format("{{\"n\":{}}}", i));
  REQUIRE(run_dispatch(directory, {"run", "-"}, lines).exit_code == 0);
  const auto added =
      subscribe(directory, "late", late.url(), "*", {"--from", "4", "--filter", ".data.n % 2 == 0"});
  CHECK(added.exit_code == 0);
  CHECK(has(added.err, "4 of 7 events that the journal holds go to it too"));
  CHECK(run_dispatch(directory, {"run", "-"}, typed("e11", "t", "X", 11, R"({"n":11})")).exit_code == 0);
  CHECK(ids_at(late) == Ids{"e4", "e6", "e8", "e10"});
  CHECK(first.count() == 11);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a paused subscription is listed with its reason and what it is sent goes when it is resumed") {
  const TempDir directory;
  const Receiver receiver;
  subscribe(directory, "waits", receiver.url(), "*");
  CHECK(run_dispatch(directory, {"subscription", "pause", "waits", "--reason", "it moves"}).exit_code == 0);
  const auto list = run_dispatch(directory, {"subscription", "list"});
  CHECK(has(list.out, "paused: it moves"));
  CHECK(has(list.err, "dispatch subscription resume waits"));
  REQUIRE(run_dispatch(directory, {"ingest", "-"}, typed("e1", "t", "X", 1)).exit_code == 0);
  CHECK(has(shown(directory, "waits"), "\"pending\":1,"));
  CHECK(run_dispatch(directory, {"subscription", "resume", "waits"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(ids_at(receiver) == Ids{"e1"});
}

TEST_CASE("a subscription is removed only when nothing is left to be done or it is given up") {
  const TempDir directory;
  const Receiver receiver;
  subscribe(directory, "s", receiver.url(), "*");
  REQUIRE(run_dispatch(directory, {"ingest", "-"}, typed("e1", "t", "X", 1)).exit_code == 0);
  const auto refused = run_dispatch(directory, {"subscription", "remove", "s"});
  CHECK(refused.exit_code == 2);
  CHECK(has(refused.err, "subscription s has 1 delivery that is not done; nothing was removed"));
  CHECK(has(refused.err, "--discard"));
  CHECK(has(shown(directory, "s"), "\"pending\":1,"));
  CHECK(run_dispatch(directory, {"subscription", "remove", "s", "--discard"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"subscription", "show", "s"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(receiver.count() == 0);
  CHECK(subscribe(directory, "s", receiver.url(), "*").exit_code == 0);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("what waits for a subscription whose url changes goes to the new one in its order") {
  const TempDir directory;
  const Receiver old_place, new_place;
  subscribe(directory, "s", old_place.url(), "*");
  REQUIRE(run_dispatch(directory, {"ingest", "-"}, typed("e1", "t", "X", 1) + typed("e2", "t", "X", 2))
              .exit_code == 0);
  CHECK(subscribe(directory, "s", new_place.url(), "*").exit_code == 2);
  const auto replaced = subscribe(directory, "s", new_place.url(), "*", {"--replace", "--generate-secret"});
  CHECK(replaced.exit_code == 0);
  CHECK(has(replaced.err, "2 deliveries that wait and 0 dead letters of it belong to this URL now"));
  CHECK(run_dispatch(directory, {"run", "-"}, typed("e3", "t", "X", 3)).exit_code == 0);
  CHECK(old_place.count() == 0);
  CHECK(ids_at(new_place) == Ids{"e1", "e2", "e3"});
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a subscription that is replaced keeps what is not named and says what changes") {
  const TempDir directory;
  REQUIRE(subscribe(directory, "s", "http://127.0.0.1:9/a", "order.*",
                    {"--filter", ".data.n > 1", "--rate", "5/s", "--attempts", "9", "--body", "envelope",
                     "--header", "X-Team: billing", "--deny-private", "--generate-secret"})
              .exit_code == 0);
  const auto before = run_dispatch(directory, {"subscription", "show", "s", "--json"}).out;
  const auto moved =
      run_dispatch(directory, {"subscription", "add", "s", "--replace", "--url", "http://127.0.0.1:9/b"});
  CHECK(moved.exit_code == 0);
  CHECK(has(moved.err, "subscription s: url was http://127.0.0.1:9/a and is http://127.0.0.1:9/b"));
  auto wanted = before;
  const std::string_view from = "127.0.0.1:9/a";
  wanted.replace(wanted.find(from), from.size(), "127.0.0.1:9/b");
  CHECK(run_dispatch(directory, {"subscription", "show", "s", "--json"}).out == wanted);

  const auto limited = run_dispatch(directory, {"subscription", "add", "s", "--replace", "--rate", "off"});
  CHECK(has(limited.err, "subscription s: rate was 5/s and is off"));
  CHECK_FALSE(has(limited.err, "url"));
  const auto same = run_dispatch(directory, {"subscription", "add", "s", "--replace", "--rate", "off"});
  CHECK(has(same.err, "subscription s is unchanged"));

  for (const char* missing : {"--url", "--types"}) {
    const bool url = missing == std::string_view{"--url"};
    const auto refused =
        run_dispatch(directory, {"subscription", "add", "new", "--replace", url ? "--types" : "--url",
                                 url ? "*" : "http://127.0.0.1:9/"});
    CHECK(refused.exit_code == 2);
    CHECK(has(refused.err, fmt::format("{} is missing", missing)));
  }
}

TEST_CASE("what a run holds for a subscription whose url changes goes to the new one in its order") {
  const TempDir directory;
  const Receiver new_place;
  Receiver old_place{
      [](const Received&, std::size_t) { return Answer{.status = 503, .manner = Answer::Manner::held}; }};
  subscribe(directory, "s", old_place.url("/old"), "*");
  Child run{directory, {"run", "-", "--backoff", "10ms..20ms", "--per-host", "2"}};
  std::string lines;
  for (int i = 1; i <= 30; ++i)
    lines += typed(fmt::format("e{}", i), "t", fmt::format("X{}", i % 3), (i + 2) / 3);
  REQUIRE(run.write(lines));
  REQUIRE(old_place.wait_for(2));
  REQUIRE(subscribe(directory, "s", new_place.url("/new"), "*", {"--replace"}).exit_code == 0);
  REQUIRE(new_place.wait_ended(10));  // of the third entity, which had no permit
  old_place.release();
  REQUIRE(new_place.wait_ended(30));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(old_place.count() == 2);
  CHECK(new_place.count() == 30);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
  const auto attempts =
      run_dispatch(directory, {"attempts", id_of(old_place.received().front()), "--json"}).out;
  CHECK(has(attempts, old_place.url("/old")));
  CHECK(has(attempts, new_place.url("/new")));
}

TEST_CASE(
    "a dead letter of a subscription whose url changes is released to the new one before what is behind it") {
  const TempDir directory;
  const Receiver new_place;
  const Receiver old_place{[](const Received&, std::size_t) { return Answer{.status = 404}; }};
  subscribe(directory, "s", old_place.url(), "*", {"--on-status", "404=dead"});
  REQUIRE(
      run_dispatch(directory, {"run", "-"}, typed("e1", "t", "X", 1) + typed("e2", "t", "X", 2)).exit_code ==
      3);
  const auto replaced = subscribe(directory, "s", new_place.url("/new"), "*", {"--replace"});
  CHECK(has(replaced.err, "1 delivery that waits and 1 dead letter of it belong to this URL now"));
  CHECK(has(run_dispatch(directory, {"dlq", "list"}).out, new_place.url("/new")));
  CHECK(run_dispatch(directory, {"run", "-"}, typed("e3", "t", "X", 3)).exit_code == 3);
  CHECK(new_place.count() == 0);
  CHECK(run_dispatch(directory, {"dlq", "release", "--all"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(ids_at(new_place, "/new") == Ids{"e1", "e2", "e3"});
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("what cannot be meant is refused when a subscription is added") {
  const TempDir directory;
  const auto refusal = [&](std::vector<std::string> more, const std::string& types = "*",
                           const std::string& url = "http://127.0.0.1:9/") {
    const auto add = subscribe(directory, "s", url, types, std::move(more));
    CHECK(add.exit_code == 2);
    return add.err;
  };
  CHECK(has(refusal({"--filter", ".data |"}), "filter: "));
  CHECK(has(refusal({"--transform", "nonsense(1)"}), "transform: "));
  CHECK(has(refusal({}, "order*"), "has a star where none can be"));
  CHECK(has(refusal({}, "*", "ftp://h/"), "events are delivered to http and https only"));
  CHECK(has(refusal({"--body", "xml"}), "'xml' is not a body mode"));
  CHECK(has(refusal({"--rate", "fast"}), "--rate: "));
  CHECK(has(refusal({"--header", "no colon"}), "--header: "));
  CHECK(has(refusal({"--header", "Host: x"}), "is reserved"));
  CHECK(has(refusal({"--on-status", "999=ok"}), "--on-status: "));
  CHECK(has(refusal({"--from", "0"}), "--from: "));
  CHECK_FALSE(std::filesystem::exists(directory / "dispatch.db"));
}

TEST_CASE("secrets are shown once where they are made and never again") {
  const TempDir directory;
  const auto added = subscribe(directory, "s", "http://127.0.0.1:9/", "*", {"--generate-secret"});
  REQUIRE(added.exit_code == 0);
  REQUIRE(added.out.starts_with("whsec_"));
  const auto secret = added.out.substr(0, added.out.size() - 1);
  CHECK_FALSE(has(added.err, secret));
  CHECK(has(shown(directory, "s"), "\"secrets\":1,"));

  const auto rotated = run_dispatch(directory, {"subscription", "rotate-secret", "s", "--keep", "1h"});
  CHECK(rotated.exit_code == 0);
  CHECK(rotated.out.starts_with("whsec_"));
  CHECK(rotated.out != added.out);
  const auto show = run_dispatch(directory, {"subscription", "show", "s"});
  CHECK(has(show.out, "2, the older until "));
  CHECK_FALSE(has(show.out + show.err + shown(directory, "s"), "whsec_"));

  directory.write("secret", "from-a-file\n");
  const auto named =
      run_dispatch(directory, {"subscription", "rotate-secret", "s", "--secret-file", "secret"});
  CHECK(named.exit_code == 0);
  CHECK(named.out.empty());
  CHECK(has(run_dispatch(directory, {"subscription", "rotate-secret", "s", "--secret-file", "secret"}).err,
            "is signed with that secret already"));
}

TEST_CASE("a subscriptions file is applied whole and changes nothing the second time") {
  const TempDir directory;
  const Receiver receiver;
  directory.write("s.secret", "a secret of ours\n");
  const auto file = [&](const std::string& rate) {
    return directory.write("subs.json", fmt::format(R"({{"subscriptions": [
          {{"id": "orders", "url": "{}", "types": ["order.*"], "rate": "{}", "secret_file": "s.secret",
            "headers": {{"Authorization": "Bearer hidden"}}}},
          {{"id": "all", "url": "{}", "types": ["*"]}}]}})",
                                                    receiver.url("/orders"), rate, receiver.url("/all")));
  };
  file("100/s");
  const auto rehearsed = run_dispatch(directory, {"subscription", "apply", "subs.json", "--dry-run"});
  CHECK(rehearsed.exit_code == 0);
  CHECK(has(rehearsed.out, "+ orders"));
  CHECK_FALSE(std::filesystem::exists(directory / "dispatch.db"));

  const auto run = run_dispatch(directory, {"run", "--subscriptions", "subs.json", "-"},
                                typed("a", "order.added", "A", 1));
  CHECK(run.exit_code == 0);
  CHECK(has(run.err, "2 added"));
  CHECK(receiver.count() == 2);
  const auto same = run_dispatch(directory, {"subscription", "apply", "subs.json"});
  CHECK(same.exit_code == 0);
  CHECK(same.out == "= orders\n= all\n");
  CHECK(has(same.err, "2 unchanged"));

  file("off");
  directory.write("s.secret", "another secret of ours\n");
  const auto changed = run_dispatch(directory, {"subscription", "apply", "subs.json"});
  CHECK(has(changed.out,
            "~ orders\n    rate          100/s -> off\n    secret        the one before -> a new one\n"));
  CHECK_FALSE(has(changed.out + shown(directory, "orders"), "hidden"));
  CHECK_FALSE(has(changed.out, "ours"));
  CHECK(has(shown(directory, "orders"), "\"secrets\":2,"));

  directory.write("subs.json", R"({"subscriptions": []})");
  CHECK(has(run_dispatch(directory, {"subscription", "apply", "subs.json"}).err, "no subscriptions"));
  CHECK(has(run_dispatch(directory, {"subscription", "apply", "subs.json", "--prune"}).out,
            "- orders\n- all\n"));
  CHECK(line_count(run_dispatch(directory, {"subscription", "list", "--json"}).out) == 0);
}

TEST_CASE("a subscriptions file with a mistake changes nothing and names it") {
  const TempDir directory;
  const auto refusal = [&](const std::string& text) {
    directory.write("subs.json", text);
    const auto apply = run_dispatch(directory, {"subscription", "apply", "subs.json"});
    CHECK(apply.exit_code == 2);
    return apply.err;
  };
  const auto one = [](const std::string& more) {
    return R"({"subscriptions": [{"id": "a", "url": "http://h/", "types": ["*"])" + more + "}]}";
  };
  CHECK(has(refusal(one(R"(, "ratte": "1/s")")),
            "subs.json: subscription 1 (\"a\"): there is no key \"ratte\"; did you mean 'rate'?"));
  CHECK(has(refusal(one(R"(, "secret": "x")")), "subscription 1 (\"a\"): the file must not hold a secret"));
  CHECK(has(refusal(one(R"(, "headers": {"X": "a\nb"})")), "(\"a\"): headers: \"X\" holds the control"));
  CHECK(has(refusal(one(R"(, "id": "b")")), "duplicate key id"));
  CHECK(has(refusal(one(R"(, "filter": ".x |")")), "filter: "));
  CHECK(has(refusal(one(R"(, "headers": {"Host": "x"})")), "is reserved"));
  CHECK(has(refusal(one(R"(, "attempts": 0)")), "attempts: '0' is not a whole number"));
  CHECK(has(refusal(one(R"(, "secret_env": "A", "secret_file": "b")")), "only one of"));
  CHECK(has(refusal(R"({"subscriptions": [{"id": "a", "types": ["*"]}]})"), "the key url is missing"));
  CHECK(has(refusal(R"({"subscription": []})"), "there is no key \"subscription\""));
  CHECK(has(refusal(R"([])"), "subs.json: it must be a JSON object with the key subscriptions"));
  CHECK(has(refusal("{\n  \"subscriptions\": [\n    {},\n  ]\n}\n"), "subs.json: line 4, byte 3: "));
  CHECK_FALSE(std::filesystem::exists(directory / "dispatch.db"));
  const auto none = run_dispatch(directory, {"subscription", "apply", "none.json"});
  CHECK(none.exit_code == 2);
  CHECK(has(none.err, "none.json: No such file or directory"));
}

TEST_CASE("the example subscriptions file applies") {
  const TempDir directory;
  const Child::Setup with_secret{{{"ORDERS_SECRET", "a-secret-of-ours"}}, {}};
  const auto apply =
      run_dispatch(directory, {"subscription", "apply", DISPATCH_SOURCE_DIR "/examples/subscriptions.json"},
                   {}, with_secret);
  CHECK(apply.exit_code == 0);
  CHECK(has(apply.err, "2 added"));
  const auto run =
      run_dispatch(directory, {"run", "--dry-run", "-"}, typed("a", "order.added") + typed("b", "x"));
  CHECK(has(run.out, "2 events would be accepted"));
  CHECK(has(run.out, "3  deliveries to example.com"));
}
