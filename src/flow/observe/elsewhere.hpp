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

/// Accepted events that go to the URL in their line although the run has a --to.
struct Elsewhere {
  std::uint64_t events = 0;
  std::vector<std::pair<std::string, std::uint64_t>>
      urls;           ///< where most of these events go, the most frequent first
  bool more = false;  ///< there are other URLs
};

/// Duplicates that ask for another URL than their event was recorded with. Nothing is sent for them.
struct RecordedElsewhere {
  std::uint64_t events = 0;
  std::string url;                     ///< the URL of the first of these duplicates
  std::vector<std::string> event_ids;  ///< ids of the first of these duplicates
};

/// Counts RecordedElsewhere.
class RecordedElsewhereCount {
 public:
  void note(std::string_view event_id, std::string_view url);
  /// True if something was counted since the last call.
  bool take_changed() { return std::exchange(changed_, false); }
  const RecordedElsewhere& found() const { return found_; }

 private:
  RecordedElsewhere found_;
  bool changed_ = false;
};

/// Counts Elsewhere.
class ElsewhereCount {
 public:
  void note(std::string_view url);
  /// True if something was counted since the last call.
  bool take_changed();
  Elsewhere found() const;

 private:
  std::uint64_t events_ = 0;
  std::map<std::string, std::uint64_t, std::less<>>
      by_url_;  ///< bounded; later URLs are counted only in `events_`
  bool changed_ = false;
};

}  // namespace dispatch::flow
