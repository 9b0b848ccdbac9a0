#pragma once

#include "base/error.hpp"
#include "event/subscription.hpp"
#include "journal/journal_reader.hpp"
#include "routing/router.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace dispatch::operations {

/// Which of the events that a journal holds already a new subscription means, by the same routing as of those
/// that come. It is read in steps: most of it while others write, the rest inside the turn that adds the
/// subscription. Used by one thread.
class SubscriptionBackfill {
 public:
  /// `subscription` is settled; `from` is the position of the first event looked at.
  static Result<SubscriptionBackfill> of(const Subscription& subscription, Position from);

  /// Looks at all events of the journal that have not been looked at yet.
  Result<> read(const journal::JournalReader& reader);

  /// The events that are meant, in their order.
  const std::vector<Position>& positions() const { return positions_; }
  std::int64_t looked_at() const { return looked_at_; }

 private:
  SubscriptionBackfill(routing::Router router, bool filtered, Position from);
  Result<> look(const journal::JournalReader& reader, const journal::EventRecord& event);

  routing::Router router_;
  bool filtered_;
  Position after_;
  std::vector<Position> positions_;
  std::int64_t looked_at_ = 0;
};

}  // namespace dispatch::operations
