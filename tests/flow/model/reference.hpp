#pragma once

#include "base/clock.hpp"
#include "event/delivery_state.hpp"
#include "flow/stage.hpp"
#include "journal/rows.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::test {

/// How a request ends.
enum class Answer {
  success,    ///< 2xx
  failure,    ///< 5xx: may be tried again
  timeout,    ///< no answer: may be tried again
  hopeless,   ///< an answer that the table says is final
  unknown,    ///< aborted: nobody knows
  withdrawn,  ///< the run was told to stop before it began
};

/// What the dispatcher promises, as plain values: where every delivery stands after everything that can
/// happen to it. Written from the promises and not from the code, and as simply as they read: nothing here is
/// fast. What the promises leave open (which of several lanes gets a permit) is told to it, and it says
/// whether that was allowed. A complaint is a broken promise, in words.
class Reference {
 public:
  using Complaint = std::optional<std::string>;

  struct Rules {
    std::size_t per_host = 1;    ///< requests at a time to one host
    std::size_t workers = 1000;  ///< requests at a time in all
    std::size_t ahead = 0;       ///< so many more may be committed and wait for a connection
    unsigned attempts = 2;
    std::chrono::microseconds backoff{10'000'000};  ///< after the first failure; doubles
  };

  /// An accepted event and its one delivery.
  struct Event {
    Line line;
    std::optional<std::int64_t> number;
    DeliveryState state = DeliveryState::pending;
    unsigned attempts = 0;
    unsigned forgiven = 0;
    WallTime due{};

    bool done() const { return state == DeliveryState::completed || state == DeliveryState::failed; }
  };

  enum class Verdict { accepted, duplicate, rejected };

  explicit Reference(const Rules& rules) : rules_(rules) {}

  Verdict accept(const Line& line);
  Complaint begin(const std::string& id, WallTime now);
  Complaint end(const std::string& id, Answer how, journal::Orphans orphans, WallTime now);
  /// A new owner finds what the last one left.
  void recover(journal::Orphans orphans, WallTime now);
  bool release(const std::string& id);
  bool discard(const std::string& id);
  /// The numbers skipped.
  std::optional<std::pair<std::int64_t, std::int64_t>> skip_gap(const std::string& entity);

  /// In the order in which they were accepted.
  const std::vector<Event>& events() const { return events_; }
  const Event* find(const std::string& id) const;
  bool has_gap(const std::string& entity) const;

  /// Its turn has come: only a permit may be missing.
  bool may_go(const Event& event, WallTime now) const;
  /// It can come to its end only by an operator's doing or an event that has not arrived.
  bool stuck(const Event& event) const;
  /// So many are committed at its host, and in all.
  std::pair<std::size_t, std::size_t> committed(const Event& event) const;
  /// When the next retry is due; nothing where none waits for its time.
  std::optional<WallTime> next_due(WallTime now) const;
  std::int64_t count(DeliveryState state) const;
  const Rules& rules() const { return rules_; }

  /// Numbers that are neither there nor skipped, below the highest that is there.
  std::set<std::int64_t> missing(const std::string& entity) const;
  const std::set<std::int64_t>& skipped(const std::string& entity) const;

 private:
  struct Stream {
    std::int64_t first = 1;
    std::set<std::int64_t> numbers;
    std::set<std::int64_t> skipped;
  };

  Event* at(const std::string& id);
  bool has_turn(const Event& event) const;

  Rules rules_;
  std::vector<Event> events_;
  std::map<std::string, Stream> streams_;
};

}  // namespace dispatch::test
