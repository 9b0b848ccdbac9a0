#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "flow/pump/delivery_queues.hpp"
#include "flow/pump/lane_loader.hpp"
#include "flow/pump/predecessor_reader.hpp"
#include "flow/pump/window.hpp"
#include "journal/journal.hpp"

#include <span>

namespace dispatch::flow {

/// Loads the due retries of all delivery queues. Used by the dispatcher's thread, inside its turn.
class RetryLoader {
 public:
  RetryLoader(journal::Journal& journal, Window& window, DeliveryQueues& queues, LaneLoader& loader,
              PredecessorReader& predecessors)
      : journal_(journal), window_(window), queues_(queues), loader_(loader), predecessors_(predecessors) {}

  Result<> load_due(WallTime now);

 private:
  bool load(QueueState& queue, std::span<const Candidate> candidates);

  journal::Journal& journal_;
  Window& window_;
  DeliveryQueues& queues_;
  LaneLoader& loader_;
  PredecessorReader& predecessors_;
};

}  // namespace dispatch::flow
