// Replays as their users meet them.

#include "system/program/scenario.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>

using namespace dispatch::test;

namespace {

std::string typed(const std::string& type, const std::string& entity, int sequence) {
  return fmt::format(R"({{"event_id":"{}-{}","type":"{}","entity_id":"{}","sequence_number":{}}})"
                     "\n",
                     entity, sequence, type, entity, sequence);
}

std::string stream(const std::string& type, const std::string& entity, int each) {
  std::string lines;
  for (int sequence = 1; sequence <= each; ++sequence) lines += typed(type, entity, sequence);
  return lines;
}

/// The events after the first `skipped` requests, in the order in which they came, of one entity.
std::vector<std::string> later(const Receiver& receiver, std::size_t skipped, const std::string& entity) {
  std::vector<std::string> ids;
  const auto received = receiver.received();
  for (std::size_t i = skipped; i < received.size(); ++i)
    if (entity_of(received[i]) == entity) ids.push_back(id_of(received[i]));
  return ids;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("what is done is delivered again with the same ids and in order per entity") {
  const TempDir directory;
  const Receiver receiver;
  const auto lines = stream("order.added", "A", 5) + stream("user.left", "B", 5);
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", receiver.url()}, lines).exit_code == 0);

  const auto rehearsed = run_dispatch(directory, {"replay", "--type", "order.*", "--dry-run", "--json"});
  CHECK(rehearsed.exit_code == 0);
  CHECK(line_count(rehearsed.out) == 1);
  CHECK(has(rehearsed.out, "\"completed\":5,"));
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(receiver.count() == 10);

  const auto replayed = run_dispatch(directory, {"replay", "--type", "order.*"});
  CHECK(replayed.exit_code == 0);
  CHECK(has(replayed.err, "5 deliveries are made again"));
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(later(receiver, 10, "A") == Ids{"A-1", "A-2", "A-3", "A-4", "A-5"});
  CHECK(later(receiver, 10, "B").empty());
  CHECK(receiver.received().back().header("X-Dispatch-Generation") == "1");
  CHECK(has(run_dispatch(directory, {"attempts", "--json", "A-1"}).out, "\"generation\":1"));

  CHECK(run_dispatch(directory, {"replay", "--all"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(receiver.count() == 25);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a replay of a subscription goes to its present url") {
  const TempDir directory;
  const Receiver old_place, new_place, other;
  const auto add = [&](const std::string& id, const std::string& url) {
    return run_dispatch(directory, {"subscription", "add", id, "--url", url, "--types", "*", "--replace"})
        .exit_code;
  };
  REQUIRE(add("s", old_place.url()) == 0);
  REQUIRE(add("other", other.url()) == 0);
  REQUIRE(run_dispatch(directory, {"run", "-"}, stream("t", "A", 4)).exit_code == 0);
  REQUIRE(add("s", new_place.url()) == 0);
  const auto replayed = run_dispatch(directory, {"replay", "--subscription", "s"});
  CHECK(replayed.exit_code == 0);
  CHECK(has(replayed.out, new_place.url()));
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(old_place.count() == 4);
  CHECK(other.count() == 4);
  CHECK(later(new_place, 0, "A") == Ids{"A-1", "A-2", "A-3", "A-4"});
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("what is done is replayed to another URL") {
  const TempDir directory;
  const Receiver first;
  const Receiver second{[](const Received&, std::size_t) { return Answer{}; }, "127.0.0.2"};
  const auto lines = stream("t", "A", 2) + stream("t", "B", 2);
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", first.url()}, lines).exit_code == 0);
  const auto rehearsed =
      run_dispatch(directory, {"replay", "--entity", "B", "--to", second.url("/new"), "--dry-run"});
  CHECK(rehearsed.exit_code == 0);
  CHECK(has(rehearsed.out, second.url("/new")));
  CHECK(has(rehearsed.err, "2 deliveries would be made again"));
  CHECK(run_dispatch(directory, {"replay", "--entity", "B", "--to", second.url("/new")}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(later(second, 0, "B") == Ids{"B-1", "B-2"});
  CHECK(first.count() == 4);

  // And to another path of the same host.
  CHECK(run_dispatch(directory, {"replay", "--entity", "A", "--to", first.url("/other")}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(later(first, 4, "A") == Ids{"A-1", "A-2"});
  CHECK(first.received().back().target == "/other");
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("what is replayed is chosen by event and entity and host and URL") {
  const TempDir directory;
  const Receiver first;
  const Receiver second{[](const Received&, std::size_t) { return Answer{}; }, "127.0.0.2"};
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", first.url()}, stream("t", "A", 3)).exit_code == 0);
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", second.url("/x")}, stream("t", "B", 1)).exit_code ==
          0);
  const auto meant = [&](std::vector<std::string> conditions) {
    conditions.insert(conditions.begin(), {"replay", "--dry-run"});
    const auto said = run_dispatch(directory, std::move(conditions));
    return said.exit_code == 0 ? said.err : std::string{"refused"};
  };
  CHECK(has(meant({"--event", "A-1", "--event", "A-3"}), "2 deliveries would"));
  CHECK(has(meant({"--entity", "A"}), "3 deliveries would"));
  CHECK(has(meant({"--entity", "A", "--event", "B-1"}), "no finished delivery matches"));
  CHECK(has(meant({"--host", "127.0.0.2"}), "1 delivery would"));
  CHECK(has(meant({"--url", second.url("/x")}), "1 delivery would"));
  CHECK(meant({"--url", second.url("/")}) == "refused");  // nothing was ever sent there
  CHECK(meant({"--entity", "nobody"}) == "refused");
  CHECK(meant({"--host", "127.0.0.2:80/x"}) == "refused");
  CHECK(meant({"--url", "ftp://x/"}) == "refused");
  CHECK(meant({"--subscription", "s", "--to", first.url()}) == "refused");
  CHECK(run_dispatch(directory, {"replay", "--event", "A-2"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(later(first, 3, "A") == Ids{"A-2"});
}

TEST_CASE("a run that is on goes on with a replay") {
  const TempDir directory;
  const Receiver receiver;
  Child run{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(run.write(stream("t", "A", 3)));
  REQUIRE(receiver.wait_ended(3));
  // The last outcome is committed soon after its answer.
  const auto end = std::chrono::steady_clock::now() + patience;
  Finished rehearsed{};
  do {
    rehearsed = run_dispatch(directory, {"replay", "--all", "--dry-run", "--json"});
  } while (!has(rehearsed.out, "\"completed\":3,") && std::chrono::steady_clock::now() < end);
  const auto replayed = run_dispatch(directory, {"replay", "--all"});
  CHECK(has(replayed.err, "the run that is on goes on with it"));
  REQUIRE(receiver.wait_ended(6));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(later(receiver, 3, "A") == Ids{"A-1", "A-2", "A-3"});
}

TEST_CASE("a replay must say which deliveries it selects") {
  const TempDir directory;
  const Receiver receiver;
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", receiver.url()}, stream("t", "A", 1)).exit_code == 0);
  const auto refused = run_dispatch(directory, {"replay"});
  CHECK(refused.exit_code == 2);
  CHECK(has(refused.err, "select deliveries with conditions"));
  CHECK(run_dispatch(directory, {"replay", "--dry-run"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"replay", "--subscription", "none"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"replay", "--state", "pending"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"replay", "--type", "a*"}).exit_code == 2);
  const auto nothing = run_dispatch(directory, {"replay", "--state", "failed"});
  CHECK(nothing.exit_code == 0);
  CHECK(has(nothing.err, "no finished delivery matches"));
}
