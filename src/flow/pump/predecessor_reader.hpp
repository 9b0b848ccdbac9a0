#pragma once

#include "base/error.hpp"
#include "flow/pump/candidate.hpp"
#include "flow/pump/lane_loader.hpp"
#include "flow/pump/window.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace dispatch::flow {

/// Reads from the journal, once for a batch of candidates, the predecessors that LaneLoader needs. Nothing
/// may be loaded between this and the loading of the batch, which keeps the batch's order. Used by the
/// dispatcher's thread, inside its turn.
class PredecessorReader {
 public:
  PredecessorReader(journal::Journal& journal, Window& window, LaneLoader& loader)
      : journal_(journal), window_(window), loader_(loader) {}

  /// For LaneLoader::load_pending. Skips candidates for which there will be no room.
  Result<> read_for_pending(std::vector<Candidate>& candidates);
  /// For LaneLoader::load_retry.
  Result<> read_for_retries(std::vector<Candidate>& candidates);
  /// For LaneLoader::load_woken.
  Result<> read_for_woken(std::vector<Candidate>& candidates);

 private:
  void want(Candidate& candidate);
  bool is_in_use(const journal::DeliveryRow& row);
  void look_at(Candidate& candidate, std::size_t& lanes_to_open);
  Result<> read();

  journal::Journal& journal_;
  Window& window_;
  LaneLoader& loader_;
  std::vector<Candidate*> wanted_;
  std::vector<journal::DeliveryRow> rows_;  ///< the candidates to ask for
  std::unordered_map<LaneKey, SequenceNumber, LaneKeyHash>
      tails_;  ///< last number of each lane in this batch
  std::unordered_map<const QueueState*, std::size_t> lanes_to_open_;  ///< lanes that this batch will open
};

}  // namespace dispatch::flow
