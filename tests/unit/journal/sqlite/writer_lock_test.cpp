// The lock file beside a journal: the lock that one writer at a time holds, and the ownership of a journal.

#include "journal/sqlite/locks/writer_lock.hpp"

#include "journal/sqlite/locks/lock_file.hpp"
#include "journal/sqlite/locks/ownership.hpp"
#include "support/disk/temp_dir.hpp"
#include "unit/journal/killable.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch::journal;
using namespace dispatch::test;

TEST_CASE("writer lock: one at a time holds it") {
  const TempDir dir;
  std::atomic<int> inside{0};
  std::atomic<bool> two{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, writer_lock = WriterLock::open(dir / "dispatch.db").value()]() mutable {
      for (int turn = 0; turn < 200; ++turn) {
        const auto held = WriterLockGuard::lock(writer_lock).value();
        if (++inside != 1) two = true;
        --inside;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK_FALSE(two);
}

TEST_CASE("writer lock: who releases it and comes back goes behind who waits") {
  const TempDir dir;
  auto writer_lock = WriterLock::open(dir / "dispatch.db").value();
  auto turnstile = LockFile::open(dir / "dispatch.db").value();
  for (int i = 0; i < 20; ++i) {
    REQUIRE(writer_lock.lock().has_value());
    std::atomic<bool> was_inside{false};
    std::thread waiter{[&, other = WriterLock::open(dir / "dispatch.db").value()]() mutable {
      const auto inside = WriterLockGuard::lock(other).value();
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
    writer_lock.unlock();
    REQUIRE(writer_lock.lock().has_value());
    CHECK(was_inside);
    writer_lock.unlock();
    waiter.join();
  }
}

TEST_CASE("writer lock: a wait says who holds the lock and ends when it is given up") {
  const TempDir dir;
  Killable holder{[&] {
    auto writer_lock = std::make_shared<WriterLock>(WriterLock::open(dir / "dispatch.db").value());
    return writer_lock->lock() ? writer_lock : nullptr;
  }};
  REQUIRE(holder.is_holding());
  std::vector<std::string> said;
  auto writer_lock =
      WriterLock::open(dir / "dispatch.db", {.notice = [&](const std::string& text) { said.push_back(text); },
                                             .gives_up = [&] { return !said.empty(); }})
          .value();
  const auto entered = writer_lock.lock();
  REQUIRE_FALSE(entered.has_value());
  CHECK(entered.error().failure == dispatch::Failure::interrupted);
  CAPTURE(entered.error().message);
  CHECK(entered.error().message.find("nothing more was written") != std::string::npos);
  REQUIRE(said.size() == 1);
  CAPTURE(said.front());
  CHECK(said.front().find("waiting for journal " + (dir / "dispatch.db")) == 0);
  CHECK(said.front().find("process " + std::to_string(holder.pid()) + " ") != std::string::npos);
  // Others are not held up by the one that gave up.
  auto turnstile = LockFile::open(dir / "dispatch.db").value();
  CHECK(turnstile.try_lock(LockFile::Byte::turnstile).value());
}

TEST_CASE("writer lock: a wait that was reported ends with a report and the lock") {
  const TempDir dir;
  Killable holder{[&] {
    auto writer_lock = std::make_shared<WriterLock>(WriterLock::open(dir / "dispatch.db").value());
    return writer_lock->lock() ? writer_lock : nullptr;
  }};
  REQUIRE(holder.is_holding());
  std::vector<std::string> said;
  auto writer_lock = WriterLock::open(dir / "dispatch.db", {.notice =
                                                                [&](const std::string& text) {
                                                                  said.push_back(text);
                                                                  holder.kill();
                                                                }})
                         .value();
  CHECK(writer_lock.lock().has_value());
  REQUIRE(said.size() == 2);
  CHECK(said.back().find("is free again after") != std::string::npos);
}

TEST_CASE("writer lock: it is released when the process that holds it is killed") {
  const TempDir dir;
  Killable process{[&] {
    auto writer_lock = std::make_shared<WriterLock>(WriterLock::open(dir / "dispatch.db").value());
    return writer_lock->lock() ? writer_lock : nullptr;
  }};
  REQUIRE(process.is_holding());
  process.kill();
  auto writer_lock = WriterLock::open(dir / "dispatch.db").value();
  CHECK(writer_lock.lock().has_value());
}

TEST_CASE("writer lock: it is not taken once its lock file was replaced") {
  const TempDir dir;
  auto writer_lock = WriterLock::open(dir / "dispatch.db").value();
  std::filesystem::remove(dir / "dispatch.db.gate");
  auto other = WriterLock::open(dir / "dispatch.db").value();
  const auto entered = writer_lock.lock();
  REQUIRE_FALSE(entered.has_value());
  CHECK(entered.error().failure == dispatch::Failure::unavailable);
  CHECK(other.lock().has_value());
}

TEST_CASE("writer lock: two names of one journal lead to one lock") {
  const TempDir dir;
  dir.write("dispatch.db", "");
  std::filesystem::create_symlink(dir / "dispatch.db", dir / "link.db");
  const auto owner = Ownership::try_take(dir / "dispatch.db").value();
  CHECK(owner.has_value());
  CHECK_FALSE(Ownership::try_take(dir / "link.db").value().has_value());
}

TEST_CASE("writer lock: a directory that cannot be written is named in the error") {
  const auto writer_lock = WriterLock::open("/nowhere/dispatch.db");
  REQUIRE_FALSE(writer_lock.has_value());
  CHECK(writer_lock.error().message.find("/nowhere/dispatch.db.gate") != std::string::npos);
  CHECK(writer_lock.error().message.find("No such file or directory") != std::string::npos);
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
  auto writer_lock = WriterLock::open(dir / "dispatch.db").value();
  CHECK(writer_lock.lock().has_value());
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
