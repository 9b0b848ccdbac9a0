#pragma once

#include "base/error.hpp"
#include "flow/limits/destination_limiters.hpp"
#include "flow/pump/lane_loader.hpp"
#include "flow/pump/predecessor_reader.hpp"
#include "flow/pump/rounds.hpp"
#include "flow/pump/window.hpp"
#include "journal/journal.hpp"

#include <vector>

namespace dispatch::flow {

/// Reads deliveries again that were passed over at destination limiters which have room now. Used by the
/// dispatcher's thread, inside its turn.
class CatchUp {
 public:
  CatchUp(journal::Journal& journal, DestinationLimiters& limiters, Window& window, LaneLoader& loader,
          PredecessorReader& predecessors)
      : journal_(journal),
        limiters_(limiters),
        window_(window),
        loader_(loader),
        predecessors_(predecessors) {}

  /// True if load() has something to do.
  bool is_wanted() const;
  Result<> load();

 private:
  using Limiters = std::vector<DestinationLimiter*>;

  bool has_room(const DestinationLimiter& limiter) const;
  Result<> load_retries(Limiters limiters, Rounds& rounds);
  Result<Limiters> load_retries(const Limiters& limiters, const std::vector<journal::DueScan>& scans,
                                Rounds& rounds);
  Result<> load_pending(Limiters limiters, Rounds& rounds);
  Result<Limiters> load_pending(const Limiters& limiters, const std::vector<journal::QueueScan>& scans,
                                Rounds& rounds);

  journal::Journal& journal_;
  DestinationLimiters& limiters_;
  Window& window_;
  LaneLoader& loader_;
  PredecessorReader& predecessors_;
  DestinationNo began_with_;
};

}  // namespace dispatch::flow
