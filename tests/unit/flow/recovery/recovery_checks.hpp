#pragma once

#include "unit/flow/recovery/small_run.hpp"

#include <string>
#include <vector>

namespace dispatch::test {

/// What a small run that nothing disturbs leaves in the journal after each of its commits.
class Undisturbed {
 public:
  explicit Undisturbed(const SmallRun::Setting& setting = {});
  /// After that many commits; 0: no journal yet.
  const std::string& after(std::size_t commits) const { return contents_.at(commits); }
  std::size_t commits() const { return contents_.size() - 1; }

 private:
  std::vector<std::string> contents_{""};
};

/// What is wrong with the journal of a run that was stopped by its disk, and whose disk works again: commits
/// that are undone or half there, requests without an intent, whatever verify finds. Empty: nothing.
std::vector<std::string> damage_after_stop(const SmallRun& run, const Undisturbed& undisturbed);

/// Plays the rerun to its end; what is wrong with it, or with the journal it leaves.
std::vector<std::string> damage_after_rerun(SmallRun& run);

}  // namespace dispatch::test
