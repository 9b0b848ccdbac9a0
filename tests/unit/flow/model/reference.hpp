#pragma once

#include "base/clock.hpp"
#include "event/delivery_state.hpp"
#include "journal/rows.hpp"
#include "policy/breaker.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

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
  throttled,  ///< an answer that asks for time
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
    std::chrono::microseconds backoff{10'000'000};      ///< after the first failure; doubles
    std::chrono::microseconds retry_after{15'000'000};  ///< what a receiver asks for
    /// Where a subscription to all events goes; empty: there is none.
    std::string subscribed = {};
    bool subscribed_later =
        false;  ///< only when the history says so; what comes before is accepted unmatched
    /// With one probe at a time: which of several is one is not told.
    std::optional<policy::BreakerPolicy> breaker = {};
    journal::StreamStart start = {};  ///< of what may arrive
    /// How much the dispatcher holds in memory; nothing: more than there is. Where it is little, only so much
    /// is promised: what may go is not left lying while nothing is under way.
    std::optional<flow::WindowLimits> window = {};
  };

  /// One delivery of an accepted event.
  struct Event {
    std::string name;  ///< see name_of()
    Line line;
    std::string url;          ///< where it goes
    bool subscribed = false;  ///< as the subscription says
    std::int64_t generation = 0;
    std::optional<std::int64_t> number;
    bool probe = false;  ///< in flight as one
    DeliveryState state = DeliveryState::pending;
    unsigned attempts = 0;
    unsigned forgiven = 0;
    WallTime due{};

    bool done() const { return state == DeliveryState::completed || state == DeliveryState::failed; }
  };

  enum class Verdict { accepted, duplicate, rejected };

  explicit Reference(const Rules& rules)
      : rules_(rules),
        url_(rules.subscribed),
        subscribed_(!rules.subscribed.empty() && !rules.subscribed_later) {}

  /// "x1", of the subscription "x1>", and a replay "x1#1".
  static std::string name_of(std::string_view event, bool subscribed, std::int64_t generation);

  Verdict accept(const Line& line);
  Complaint begin(const std::string& name, WallTime now);
  Complaint end(const std::string& name, Answer how, journal::Orphans orphans, WallTime now);
  /// The dispatcher has taken in what has ended, and now sees what others have done.
  void look_around(WallTime now);
  /// A new owner finds what the last one left.
  void recover(journal::Orphans orphans, WallTime now);
  /// How many deliveries of the event, by its id.
  std::int64_t release(const std::string& id);
  std::int64_t discard(const std::string& id);
  void subscribe() { subscribed_ = true; }
  /// The events that the subscription gets, by their ids.
  std::vector<std::string> fan_out(const std::string& from);
  void halt() { halted_ = true; }
  void resume() { halted_ = false; }
  /// What is not under way goes there.
  void move(const std::string& url);
  /// How many have become failed.
  std::int64_t remove();
  void replay(const std::string& name);
  /// How many have changed.
  std::int64_t cancel(const std::string& name);
  std::int64_t retry_now(const std::string& name, WallTime now);
  /// The numbers skipped.
  std::optional<std::pair<std::int64_t, std::int64_t>> skip_gap(const std::string& entity);

  /// In the order in which they were made.
  const std::vector<Event>& events() const { return events_; }
  /// The ids of what was accepted, in that order.
  const std::vector<std::string>& accepted() const { return accepted_; }
  const Event* find(const std::string& name) const;
  bool knows(const std::string& id) const;
  bool is_subscribed() const { return subscribed_; }
  /// The event is accepted and the subscription, which is there, does not have it.
  bool may_fan_out(const std::string& id) const;
  const std::string& url() const { return url_; }
  bool is_halted() const { return halted_; }
  bool may_replay(const Event& event) const;
  bool has_gap(const std::string& entity) const;

  /// Something will come of it without an operator: it is under way, or to go now or later. A retry that is
  /// not due counts too: only then is it seen that it is blocked.
  bool moves(const Event& event, WallTime now) const;
  /// Its turn has come: only a permit may be missing.
  bool may_go(const Event& event, WallTime now) const;
  /// It can come to its end only by an operator's doing or an event that has not arrived.
  bool stuck(const Event& event) const;
  /// So many are committed at its host, and in all.
  std::pair<std::size_t, std::size_t> committed(const Event& event) const;
  /// When the next retry is due, or an open circuit may be probed; nothing where none waits for its time.
  std::optional<WallTime> next_due(WallTime now) const;
  std::int64_t count(DeliveryState state) const;
  /// All that is known of circuits and holds at `now`: equal where that is.
  std::string circuits_text(WallTime now) const;
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

  struct Circuit {
    enum class State { closed, open, half_open } state = State::closed;
    unsigned failures = 0;  ///< in a row, while closed
    unsigned successes = 0;
    WallTime since{};
  };

  struct Accepted {
    Line line;
    std::optional<std::int64_t> number;
  };

  Event* at(const std::string& name);
  void add_subscribed(const Accepted& event);
  bool is_unsent(const std::string& entity) const;
  /// Where the stream begins once `line` is accepted.
  std::int64_t start_with(const Stream* known, const Line& line) const;
  bool has_turn(const Event& event) const;
  bool lane_is_busy(const Event& event) const;
  bool waits_for_resume(const Event& event) const;
  Circuit::State circuit(const std::string& url, WallTime now) const;
  bool probing(const std::string& url) const;
  void in_trouble(const std::string& url);
  void want(const Event& event);
  bool is_held(const std::string& url, WallTime now) const;
  void learn(const Event& event, Answer how, WallTime now);
  void trip(const std::string& url, WallTime now);
  void ask(const std::string& url, WallTime now);
  void open_half(const std::string& url);

  Rules rules_;
  std::string url_;  ///< of the subscription, at present
  std::vector<Event> events_;
  std::vector<std::string> accepted_;
  std::map<std::string, Accepted> contents_;  ///< by id
  bool subscribed_;
  bool halted_ = false;
  bool seen_halted_ = false;  ///< by the dispatcher
  std::int64_t generations_ = 0;
  std::map<std::string, Circuit> circuits_;  ///< by URL
  std::map<std::string, WallTime> holds_;    ///< by URL: until when it wants no request
  std::set<std::string> asked_for_;          ///< URLs that an operator wanted to be tried at once
  bool present_asked_for_ = false;           ///< so is the URL of the subscription, whichever it is by then
  std::set<std::string> troubled_since_;     ///< URLs that were in trouble after an operator wanted that last
  std::map<std::string, Stream> streams_;
};

}  // namespace dispatch::test
