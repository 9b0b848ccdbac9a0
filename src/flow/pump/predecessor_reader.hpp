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

/// Asks the journal, once for a batch of candidates, what stands before those of them for which LaneLoader
/// needs to know it. Nothing is loaded between the question and the loading of the batch, in its order. Used
/// by the dispatcher's thread, inside its turn.
class PredecessorReader {
 public:
  PredecessorReader(journal::Journal& journal, Window& window, LaneLoader& loader)
      : journal_(journal), window_(window), loader_(loader) {}

  /// For LaneLoader::load_pending. Not asked are those for which there will be no room.
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
  std::vector<journal::DeliveryRow> rows_;                            ///< of those
  std::unordered_map<LaneKey, SequenceNumber, LaneKeyHash> tails_;    ///< of lanes in this batch
  std::unordered_map<const QueueState*, std::size_t> lanes_to_open_;  ///< by this batch
};

}  // namespace dispatch::flow
