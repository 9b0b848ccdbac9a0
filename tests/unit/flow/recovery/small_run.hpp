#pragma once

#include "unit/flow/dispatcher_fixture.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace dispatch::test {

/// A short history with something of everything: twelve events, a failure and its retry, a timeout, a dead
/// letter and its release, a gap and its skip, a duplicate, checkpoints on the way; and the world around it,
/// a receiver that remembers, an operator, and a second writer whose large turns fail. Every time it is
/// played it goes the same way, until something outside of it fails.
class SmallRun {
 public:
  static constexpr int events = 12;

  /// How a run may differ.
  struct Setting {
    journal::SqliteOptions journal = journal_options();
    /// never: each turn is committed before the last one is durable; then they become so when nothing else
    /// moves.
    flow::CommitWait wait = flow::CommitWait::always;
    /// Stands in front of the journal; none: nothing does, or with CommitWait::never what keeps commits back.
    std::function<std::unique_ptr<journal::Journal>(std::unique_ptr<journal::Journal>)> through = {};
  };

  SmallRun() : SmallRun(Setting{}) {}
  explicit SmallRun(Setting setting);
  /// A WAL that is copied back after a few turns.
  static journal::SqliteOptions journal_options();

  /// A process starts, takes the whole input, and works until everything is delivered. An error is what
  /// stopped it; whoever plays again then is the rerun.
  Result<> play();
  /// The process is gone.
  void end() {
    fixture_.fall();
    neighbour_.reset();
  }

  /// How often play() has committed, making the journal included.
  std::size_t commits() const { return commits_; }
  /// Of these, how many were known to be durable.
  std::size_t durable() const { return durable_; }
  /// Called after each of these.
  std::function<void()> after_commit;

  /// Requests that the receiver got for each event, and how many of them it answered well.
  struct Seen {
    int requests = 0;
    int acknowledged = 0;
  };
  const std::map<std::string, Seen>& seen() const { return seen_; }
  /// A request that came although it should not have, in words.
  const std::vector<std::string>& complaints() const { return complaints_; }

  /// What the process has counted.
  flow::RunStats stats() const { return fixture_.stats(); }

  std::string journal_path() const { return fixture_.journal_path().string(); }

 private:
  void committed(bool durable = true);
  void receive();
  bool answer_all();
  Result<> operate();
  Result<> neighbour_fails();
  Result<> neighbour_goes();

  Setting setting_;
  DispatcherFixture fixture_;
  std::unique_ptr<journal::SqliteJournal> neighbour_;  // another process beside the run
  std::size_t commits_ = 0;
  std::size_t durable_ = 0;
  std::size_t received_ = 0;  // of what the transport has sent
  std::map<std::string, Seen> seen_;
  std::vector<std::string> complaints_;
};

}  // namespace dispatch::test
