#pragma once

#include "journal/sqlite/connection/connection.hpp"
#include "journal/sqlite/destinations/circuits.hpp"
#include "journal/sqlite/destinations/destinations.hpp"
#include "journal/sqlite/destinations/paces.hpp"
#include "journal/sqlite/destinations/throttles.hpp"
#include "journal/sqlite/destinations/waits.hpp"
#include "journal/sqlite/operators/acknowledgements.hpp"
#include "journal/sqlite/operators/cancellations.hpp"
#include "journal/sqlite/operators/operators.hpp"
#include "journal/sqlite/operators/replays.hpp"
#include "journal/sqlite/operators/retries.hpp"
#include "journal/sqlite/reading/change_reader.hpp"
#include "journal/sqlite/reading/lane_reader.hpp"
#include "journal/sqlite/reading/pump_reader.hpp"
#include "journal/sqlite/reading/selector.hpp"
#include "journal/sqlite/statements/failure.hpp"
#include "journal/sqlite/writing/appender.hpp"
#include "journal/sqlite/writing/fan_out.hpp"
#include "journal/sqlite/writing/fresh_deliveries.hpp"
#include "journal/sqlite/writing/gap_expiry.hpp"
#include "journal/sqlite/writing/intent_writer.hpp"
#include "journal/sqlite/writing/outcome_writer.hpp"
#include "journal/sqlite/writing/reject_queue.hpp"
#include "journal/sqlite/writing/source_marks.hpp"
#include "journal/sqlite/writing/subscriptions.hpp"
#include "journal/sqlite/writing/turn_log.hpp"
#include "journal/sqlite/writing/turn_writer.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <SQLiteCpp/Exception.h>

namespace dispatch::journal {

/// The parts of a SQLite journal, all on one connection.
class SqliteParts {
 public:
  explicit SqliteParts(std::unique_ptr<Connection> opened)
      : connection{std::move(opened)}, turn{*connection} {}

  std::unique_ptr<Connection> connection;
  TurnWriter turn;
  Destinations destinations{connection->database()};
  Subscriptions subscriptions{connection->database(), turn.account(), destinations};
  TurnLog turn_log{connection->database(), turn.account()};
  FreshDeliveries fresh{connection->database(), turn.account(), turn_log, subscriptions};
  Appender appender{connection->database(), turn.account(), turn_log, fresh, destinations, subscriptions};
  IntentWriter intents{connection->database(), turn.account(), turn_log, fresh, subscriptions};
  OutcomeWriter outcomes{connection->database(), turn.account(), turn_log};
  Retries retries{connection->database(), turn.account()};
  Operators operators{connection->database(), turn.account(), retries};
  SourceMarks source_marks{connection->database()};
  GapExpiry gaps{connection->database(), turn.account()};
  Cancellations cancellations{connection->database(), turn.account(), turn_log};
  FanOut fan_out{connection->database(), turn.account(), destinations};
  Acknowledgements acknowledgements{connection->database(), turn.account()};
  Replays replays{connection->database(), turn.account(), destinations};
  RejectQueue rejects{connection->database(), turn.account()};
  Circuits circuits{connection->database()};
  Waits waits{connection->database()};
  Paces paces{connection->database()};
  Throttles throttles{connection->database()};
  PumpReader pump{connection->database(), turn_log};
  LaneReader lanes{connection->database(), &turn_log};
  Selector selector{connection->database()};
  ChangeReader changes{connection->database()};
  bool turn_failed =
      false;           // true: a write of the open turn has failed, and SQLite may have rolled the turn back
  bool spent = false;  // true: a commit has failed, or could not be synced
  std::int64_t unwritten_version = -1;  // the data version when the turn log of others was read last

  /// After a failed commit: refuses further writes, and checkpoints. What was committed and not synced is
  /// written again, as far as the disk takes it.
  void give_up() noexcept;

  /// Runs `work`, which returns a Result, and also turns SQLite's exceptions into an error; `doing` precedes
  /// "journal PATH" in the message.
  template <class Work>
  auto guard_result(std::string_view doing, Work work) -> decltype(work()) {
    try {
      return work();
    } catch (const SQLite::Exception& said) {
      return tl::unexpected(sqlite_failure(said, doing, connection->path(), connection->system_error()));
    }
  }

  /// Like guard_result, for work that returns a plain value.
  template <class Work>
  auto guard(std::string_view doing, Work work) -> Result<decltype(work())> {
    return guard_result(doing, [&]() -> Result<decltype(work())> {
      if constexpr (std::is_void_v<decltype(work())>) {
        work();
        return {};
      } else {
        return work();
      }
    });
  }

  /// Like guard, for work that reads deliveries: writes the deliveries of the open turn first.
  template <class Work>
  auto read_deliveries(Work work) -> Result<decltype(work())> {
    auto done = guard("read", [&] {
      fresh.write();
      look_for_unwritten();
      return work();
    });
    turn_failed = turn_failed || !done;
    return done;
  }

  /// Call it before rows of deliveries are read. Outside of a turn others can commit between two statements:
  /// what they have in flight without a row is read first, because a delivery gets its row when it ends.
  void look_for_unwritten() {
    if (turn.is_open()) return;
    const std::int64_t version = turn.data_version();
    if (std::exchange(unwritten_version, version) != version) turn_log.look_again();
    turn_log.read_others();
  }

  /// The subscriptions of the open turn. Without one, those of the last commit, which may be another
  /// connection's.
  std::shared_ptr<const SubscriptionSet> present_subscriptions() {
    if (!turn.is_open()) subscriptions.look_again();
    return subscriptions.all();
  }

  /// Returns an error if a delivery for an existing event goes to no subscription.
  Result<> check_route(const Route& route) {
    if (subscriptions.find(route.subscription)) return {};
    return fail("there is no subscription {} to deliver to; this is a bug", route.subscription.value());
  }

  /// Returns an error if a write of the open turn has failed.
  Result<> check_turn(std::string_view doing) const {
    if (!turn_failed) return {};
    return fail("cannot {} journal {}, as an earlier write of the transaction has failed", doing,
                connection->path().string());
  }
};

}  // namespace dispatch::journal
