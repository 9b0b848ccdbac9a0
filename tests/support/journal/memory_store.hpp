#pragma once

#include "journal/rows.hpp"
#include "support/journal/memory_rejects.hpp"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::test {

/// What a journal holds, in plain containers. Copied whole where a turn writes for the first time.
struct MemoryState {
  struct Event : dispatch::Event {
    std::string own_url, input;
    tracing::TraceContext trace;
    WallTime accepted_at{};
  };
  struct Gap {
    std::int64_t last = 0;
    WallTime since{};
    std::optional<journal::GapEnd> given_up = {};
  };
  struct Entity {
    EntityNo no;
    std::int64_t first = 1;
    bool disordered = false;
    bool lowered = false;                     // its start, while nothing of it had been sent
    std::map<std::int64_t, Position> stream;  // by sequence number
    std::map<std::int64_t, Gap> gaps;         // by the first number missing
  };
  struct Destination {
    DestinationNo no;
    QueueNo queue;
    std::string url;
  };
  struct Action {
    std::int64_t number = 0;
    std::optional<journal::DeliveryKey> key;
    bool from_here = false;
    DestinationNo ask = {};
  };

  std::map<Position, std::shared_ptr<const Event>> events;
  std::map<std::string, Position, std::less<>> positions;  // by event id
  std::map<std::string, Entity, std::less<>> entities;
  std::vector<journal::DeliveryQueue> queues;
  std::vector<Destination> destinations;
  std::map<journal::DeliveryKey, journal::DeliveryRow> deliveries;
  std::map<journal::DeliveryKey, int> statuses;          // HTTP, of the latest attempt; 0: no answer
  std::map<journal::DeliveryKey, std::int64_t> unknown;  // outcomes that are not acknowledged
  std::map<journal::DeliveryKey, WallTime> ended;        // the latest attempt
  std::vector<Action> actions;
  std::int64_t last_wakeup = 0;
  std::map<std::pair<std::string, std::string>, std::int64_t> source_marks;  // by source and partition
  std::set<Position> unmatched;
  std::map<SubscriptionNo, std::shared_ptr<const Subscription>> subscriptions;
  std::int64_t last_subscription = 0, subscriptions_version = 0, last_generation = 0;
  std::map<DestinationNo, journal::CircuitRow> circuits;
  MemoryRejects rejects;
  std::map<DestinationNo, journal::PaceRow> paces;
  std::map<DestinationNo, journal::ThrottleRow> throttles;

  /// The entity of that number, which must exist.
  const Entity& entity(EntityNo no) const;
  /// The lane of a delivery that has an entity, by sequence number.
  std::map<SequenceNumber, const journal::DeliveryRow*> lane(const journal::DeliveryRow& row) const;
  /// The nearest delivery below that is not done; null where all are.
  const journal::DeliveryRow* open_below(const journal::DeliveryRow& row) const;
  /// Every delivery of the entity is pending and was never begun.
  bool is_unsent(EntityNo entity) const;
  /// Journal::begin may not let the delivery go, in view of what is below it.
  bool has_to_wait(const journal::DeliveryRow& row) const;
  /// The lowest open gap of which some number is above `above`, by its first number.
  std::optional<std::int64_t> open_gap_above(const Entity& entity, std::int64_t above) const;
  /// Wakes, in each lane of the entity, the first delivery above `number` that is not done and that no gap
  /// holds back.
  void wake_past_gap(const Entity& entity, std::int64_t number);
  /// What keeps requests from the destination does so until `now`.
  void ask(DestinationNo destination, WallTime now);
  void add_action(std::optional<journal::DeliveryKey> key, bool from_here = false, DestinationNo ask = {});
  /// The deliveries of the event at `position` that are a subscription's.
  std::vector<const journal::DeliveryRow*> subscribed(SubscriptionNo subscription, Position position) const;
  /// A pending delivery of an event that is there.
  const journal::DeliveryRow& add_delivery(const Destination& to, Position position, std::int64_t generation,
                                           SubscriptionNo subscription);
  const Destination& destination_of(const Route& route);
  /// The delivery queue of the subscription, where it has one, and all in it go where the subscription says.
  void lead(SubscriptionNo subscription);

 private:
  const Destination& named(QueueNo queue, std::string_view url);
  QueueNo queue_of(const Route& route);
};

/// Journal::append on one arrival, the routes of which are in order.
journal::Appended append_to(MemoryState& state, const Arrival& arrival, const journal::StreamStart& start,
                            WallTime now, std::vector<journal::DeliveryRow>& made);

/// What several MemoryJournals may have open at once, as processes have a file.
struct MemoryStore {
  std::mutex mutex;  // over all below
  std::condition_variable turn_ended;
  bool in_turn = false;
  std::uint64_t version = 0;  // goes up with each commit
  std::shared_ptr<const MemoryState> committed = std::make_shared<const MemoryState>();
};

}  // namespace dispatch::test
