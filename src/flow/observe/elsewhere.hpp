#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// Accepted events that go to the url of their line although the run has a --to.
struct Elsewhere {
  std::uint64_t events = 0;
  std::vector<std::pair<std::string, std::uint64_t>>
      urls;           ///< where most of them go, the most frequent first
  bool more = false;  ///< there are other URLs
};

/// Duplicates that would go elsewhere than their event does, by what the journal has recorded: nothing of
/// them is sent.
struct RecordedElsewhere {
  std::uint64_t events = 0;
  std::string url;                     ///< where the first of them would go
  std::vector<std::string> event_ids;  ///< of the first of them
};

/// Counts them.
class RecordedElsewhereCount {
 public:
  void note(std::string_view event_id, std::string_view url);
  /// True where something was counted since the last call.
  bool take_changed() { return std::exchange(changed_, false); }
  const RecordedElsewhere& found() const { return found_; }

 private:
  RecordedElsewhere found_;
  bool changed_ = false;
};

/// Counts where events go that do not go to --to.
class ElsewhereCount {
 public:
  void note(std::string_view url);
  /// True where something was counted since the last call.
  bool take_changed();
  Elsewhere found() const;

 private:
  std::uint64_t events_ = 0;
  std::map<std::string, std::uint64_t, std::less<>>
      by_url_;  ///< bounded; the later ones are in `events_` only
  bool changed_ = false;
};

}  // namespace dispatch::flow
