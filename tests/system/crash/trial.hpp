#pragma once

#include "event/delivery_state.hpp"
#include "system/program/scenario.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::test {

/// Where a run is to end: the COUNTth time that it comes past the point.
struct EndAt {
  std::string_view point;
  int count = 1;
};

/// What a journal says of one event that has one destination.
struct StoredEvent {
  DeliveryState state = DeliveryState::pending;
  int attempts = 0;  ///< whose intent was committed
  int unknown = 0;   ///< of those, recorded as unknown
};

/// A journal and a receiver, and runs between them that may be killed anywhere. What the receiver saw is held
/// against what the journal says, and both against the promises.
class Trial {
 public:
  /// `script` as for Receiver; an answer of 200 counts as a success.
  explicit Trial(const Receiver::Script& script);

  const TempDir& directory() const { return directory_; }
  const Receiver& receiver() const { return receiver_; }

  /// Runs `dispatch ARGUMENTS...` to its end; a build with fail points where it is to end itself at one.
  Ended run(const std::vector<std::string>& arguments, const std::optional<EndAt>& at = {},
            const std::map<std::string, std::string>& environment = {}) const;

  /// By event id; empty while there is no journal.
  std::map<std::string, StoredEvent> stored() const;

  /// The promises that are broken now, whatever was killed when; call it when no process is running.
  std::vector<std::string> broken() const;

  /// Those, and what else is wrong where just the events of these ids are delivered and done.
  std::vector<std::string> broken_when_done(const std::set<std::string>& delivered) const;

 private:
  std::vector<bool> succeeded(std::size_t requests) const;

  TempDir directory_;
  mutable std::mutex mutex_;
  std::vector<bool> succeeded_;  // by number of the request
  Receiver receiver_;
};

}  // namespace dispatch::test
