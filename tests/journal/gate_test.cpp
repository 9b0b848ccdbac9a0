// The lock file beside a journal: the gate that writers pass one at a time, and the ownership of a journal.

#include "journal/sqlite/gate.hpp"

#include "journal/killable.hpp"
#include "journal/sqlite/ownership.hpp"
#include "program/temp_dir.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch::journal;
using namespace dispatch::test;

TEST_CASE("gate: one at a time is inside") {
  const TempDir dir;
  int inside = 0;  // not atomic: two at a time would be a race
  std::atomic<bool> two{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, gate = Gate::open(dir / "dispatch.db").value()]() mutable {
      for (int turn = 0; turn < 200; ++turn) {
        const auto held = Inside::enter(gate).value();
        if (++inside != 1) two = true;
        --inside;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK_FALSE(two);
}

// Takes wall time: twenty waits of about one turn each.
TEST_CASE("gate: a busy owner that leaves and comes back lets a waiter through") {
  const TempDir dir;
  std::atomic<bool> stop{false};
  std::atomic<int> turns{0};
  std::thread owner{[&, gate = Gate::open(dir / "dispatch.db").value()]() mutable {
    while (!stop) {
      const auto held = Inside::enter(gate).value();
      ++turns;
      std::this_thread::sleep_for(std::chrono::milliseconds{1});  // a commit
    }
  }};
  while (turns == 0) std::this_thread::yield();

  auto gate = Gate::open(dir / "dispatch.db").value();
  std::vector<int> turns_waited;
  for (int i = 0; i < 20; ++i) {
    const int before = turns;
    const auto held = Inside::enter(gate).value();
    turns_waited.push_back(turns - before);
  }
  stop = true;
  owner.join();
  // The one under way, and perhaps one that was begun before we came to wait; more only where this thread was
  // not run.
  std::sort(turns_waited.begin(), turns_waited.end());
  CHECK(turns_waited[turns_waited.size() / 2] <= 2);
}

TEST_CASE("gate: it opens when the process inside is killed") {
  const TempDir dir;
  Killable process{[&] {
    auto gate = std::make_shared<Gate>(Gate::open(dir / "dispatch.db").value());
    return gate->enter() ? gate : nullptr;
  }};
  REQUIRE(process.is_holding());
  process.kill();
  auto gate = Gate::open(dir / "dispatch.db").value();
  CHECK(gate.enter().has_value());
}

TEST_CASE("gate: two names of one journal lead to one gate") {
  const TempDir dir;
  dir.write("dispatch.db", "");
  std::filesystem::create_symlink(dir / "dispatch.db", dir / "link.db");
  const auto owner = Ownership::try_take(dir / "dispatch.db").value();
  CHECK(owner.has_value());
  CHECK_FALSE(Ownership::try_take(dir / "link.db").value().has_value());
}

TEST_CASE("gate: a directory that cannot be written is named in the error") {
  const auto gate = Gate::open("/nowhere/dispatch.db");
  REQUIRE_FALSE(gate.has_value());
  CHECK(gate.error().message.find("/nowhere/dispatch.db.gate") != std::string::npos);
  CHECK(gate.error().message.find("No such file or directory") != std::string::npos);
}

TEST_CASE("ownership: one object has it at a time also within one process") {
  const TempDir dir;
  {
    const auto first = Ownership::try_take(dir / "dispatch.db").value();
    CHECK(first.has_value());
    CHECK_FALSE(Ownership::try_take(dir / "dispatch.db").value().has_value());
  }
  CHECK(Ownership::try_take(dir / "dispatch.db").value().has_value());
}

TEST_CASE("ownership: does not hold up those who write") {
  const TempDir dir;
  const auto owner = Ownership::try_take(dir / "dispatch.db").value();
  REQUIRE(owner.has_value());
  auto gate = Gate::open(dir / "dispatch.db").value();
  CHECK(gate.enter().has_value());
}

TEST_CASE("ownership: ends with the process that has it") {
  const TempDir dir;
  Killable process{[&] {
    auto owner = Ownership::try_take(dir / "dispatch.db").value();
    return owner ? std::make_shared<Ownership>(std::move(*owner)) : nullptr;
  }};
  REQUIRE(process.is_holding());
  CHECK_FALSE(Ownership::try_take(dir / "dispatch.db").value().has_value());
  process.kill();
  CHECK(Ownership::try_take(dir / "dispatch.db").value().has_value());
}
