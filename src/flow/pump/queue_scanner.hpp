#pragma once

#include "base/error.hpp"
#include "flow/pump/delivery_queues.hpp"
#include "flow/pump/lane_loader.hpp"
#include "flow/pump/predecessor_reader.hpp"
#include "flow/pump/rounds.hpp"
#include "flow/pump/window.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace dispatch::flow {

/// Reads the listed delivery queues forward from their cursors, as far as there is room. Those that get
/// nothing in a turn come first in the next. Used by the dispatcher's thread, inside its turn.
class QueueScanner {
 public:
  QueueScanner(journal::Journal& journal, Window& window, DeliveryQueues& queues, LaneLoader& loader,
               PredecessorReader& predecessors)
      : journal_(journal), window_(window), queues_(queues), loader_(loader), predecessors_(predecessors) {}

  /// True if load() has something to do.
  bool is_wanted() const;
  Result<> load();

 private:
  using Queues = std::vector<QueueState*>;

  Result<> find_crowded(const Queues& queues);
  Result<bool> read_round(const Queues& queues, std::size_t least, Rounds& rounds);
  /// What a round has read of one delivery queue.
  struct Part {
    QueueState* queue = nullptr;
    std::size_t limit = 0;
    Found how = Found::read;
    std::vector<journal::DeliveryRow> rows = {};
    bool at_end = false;  ///< true: nothing is above them
  };
  Result<> read(std::vector<Part>& parts);
  void load(const Part& part, std::span<const Candidate> candidates);

  journal::Journal& journal_;
  Window& window_;
  DeliveryQueues& queues_;
  LaneLoader& loader_;
  PredecessorReader& predecessors_;
};

}  // namespace dispatch::flow
