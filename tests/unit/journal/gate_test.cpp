// The lock file beside a journal: the gate that writers pass one at a time, and the ownership of a journal.

#include "journal/sqlite/locks/gate.hpp"

#include "journal/sqlite/locks/lock_file.hpp"
#include "journal/sqlite/locks/ownership.hpp"
#include "support/temp_dir.hpp"
#include "unit/journal/killable.hpp"

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
  std::atomic<int> inside{0};
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

TEST_CASE("gate: who leaves and comes back goes behind who waits") {
  const TempDir dir;
  auto gate = Gate::open(dir / "dispatch.db").value();
  auto turnstile = LockFile::open(dir / "dispatch.db").value();
  for (int i = 0; i < 20; ++i) {
    REQUIRE(gate.enter().has_value());
    std::atomic<bool> was_inside{false};
    std::thread waiter{[&, other = Gate::open(dir / "dispatch.db").value()]() mutable {
      const auto inside = Inside::enter(other).value();
      was_inside = true;
    }};
    // A waiter stands in the turnstile; there is no other sign of one.
    bool waits = false;
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    while (!waits && std::chrono::steady_clock::now() < patience) {
      waits = !turnstile.try_lock(LockFile::Byte::turnstile).value();
      turnstile.unlock(LockFile::Byte::turnstile);
      std::this_thread::yield();
    }
    CHECK(waits);
    gate.leave();
    REQUIRE(gate.enter().has_value());
    CHECK(was_inside);
    gate.leave();
    waiter.join();
  }
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

TEST_CASE("gate: it is not entered once its lock file was replaced") {
  const TempDir dir;
  auto gate = Gate::open(dir / "dispatch.db").value();
  std::filesystem::remove(dir / "dispatch.db.gate");
  auto other = Gate::open(dir / "dispatch.db").value();
  const auto entered = gate.enter();
  REQUIRE_FALSE(entered.has_value());
  CHECK(entered.error().failure == dispatch::Failure::unavailable);
  CHECK(other.enter().has_value());
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
