#pragma once

#include "journal/verify.hpp"
#include "unit/journal/journals.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dispatch::test {

/// A healthy journal in which everything has happened that can: successes, retries, dead letters, releases,
/// discards, an attempt whose outcome is unknown, a filled, a skipped and an open gap, a second host, and
/// events without entity.
class WornJournal {
 public:
  WornJournal();

  /// Then five more events: one with everything that an event can have and failures of all kinds, one to
  /// another path of the first host, a success with a remark, and two that are in flight at the end.
  void go_on();

  /// Then what subscriptions bring: one that is paused, one that was removed, one that was added later and
  /// got former events, an event that none means, replays, and circuits. For three more events.
  void subscribe();
  /// Adds a subscription with a delivery that this machine failed once and that then was not meant, and one
  /// that was sent behind it.
  void exclude();

  /// Then what operators do: deliveries of a wrong file that are cancelled, of whose entity one goes on. For
  /// six more events.
  void operate();

  /// Then a receiver that asks for time: once each of two deliveries, of which one was sent again. For two
  /// more events.
  void throttle();

  std::string path() const { return subject_.path(); }

  /// Runs SQL on the file as no program would, past its triggers.
  void damage(std::string_view sql);

  /// Verifies, and gives the names of the checks that found something, each once, in their order.
  std::vector<std::string> findings();
  journal::VerifyReport report();

 private:
  SqliteSubject subject_;
};

}  // namespace dispatch::test
