#pragma once

#include "base/clock.hpp"
#include "event/ids.hpp"
#include "flow/rules/commit_limits.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

namespace dispatch::flow {

struct Item;

/// Limits how many deliveries to one host are committed at a time (CommitLimits), and shares these permits
/// among the host's destinations by max-min fairness. A permit goes to the waiting destination that holds the
/// fewest, and among equals to the one whose last permit was given longest ago. So no destination holds more
/// than a fair share while another waits, and one alone may hold all permits. Within one destination the
/// order is first come, first served.
///
/// A delivery that is committed ahead waits in LimitedTransport until another request has ended; there a
/// host has one queue for all its destinations. So permits ahead are given only while all destinations that
/// hold or want a permit are known to answer quickly: none waits long behind another. Used by one thread.
class HostGate {
 public:
  /// One destination of the host. Its address is stable while lanes use it or it holds permits.
  struct Share {
    DestinationNo destination;
    std::size_t lanes = 0;  ///< number of lanes in the window with this destination
    std::size_t held = 0;   ///< number of permits

    /// How long its requests take, a moving average; nothing before the first answer.
    std::optional<std::chrono::microseconds> took;
    SteadyTime heard{};  ///< time of the last answer; before the first one, when its first lane was opened

    /// True if its requests are slow, or none was answered for a long time.
    bool is_slow(SteadyTime now) const { return took > quick_most || now - heard > quick_most; }
    bool is_quick(SteadyTime now) const { return took && !is_slow(now); }

    bool is_unused() const { return lanes == 0 && held == 0 && waiting_.empty(); }

   private:
    friend HostGate;
    std::list<Item*> waiting_;
    std::uint64_t given_ = 0;  ///< order number of its last permit
    bool counted_ = false;     ///< counted in `unproven_`
  };

  /// Longest average time of a request to a quick destination.
  static constexpr std::chrono::milliseconds quick_most{100};

  /// `limits` are borrowed and may change. After they are lowered, given permits stay given, and no new one
  /// is given until enough of them are freed.
  explicit HostGate(const CommitLimits& limits) : limits_(limits) {}
  HostGate(const HostGate&) = delete;
  HostGate& operator=(const HostGate&) = delete;

  /// Counts one more lane with that destination. Until close_lane().
  Share& open_lane(DestinationNo destination, SteadyTime now);
  void close_lane(Share& share);

  /// Makes the item, which holds its lane, wait for a permit of its lane's share.
  void enter(Item& item);
  /// Takes out the next item and gives it a permit. Null if none may go.
  Item* next();
  /// Takes back one permit of that share.
  void free(Share& share);
  /// Notes that a delivery with a permit is committed and cannot be sent before the commit is durable. Until
  /// is_sent(), the gate gives others in its place, if deliveries may be committed ahead at all.
  void not_sent_yet() { ++unsent_; }
  void is_sent() { --unsent_; }
  /// Notes that a request to that destination took `took`.
  void answered(Share& share, std::chrono::microseconds took, SteadyTime now);
  /// Takes out the waiting items whose lanes leave the window, in order within each destination.
  std::vector<Item*> take_leaving();

  /// Sets whether deliveries may be committed ahead. Default: true.
  void allow_ahead(bool allowed) { may_be_ahead_ = allowed; }

  /// Number of destinations with lanes.
  std::size_t destinations() const { return destinations_; }
  bool has_slow(SteadyTime now) const;
  /// The share of that destination; null: none.
  const Share* share_of(DestinationNo destination) const;

 private:
  using Place = std::tuple<std::size_t, std::uint64_t, DestinationNo>;

  static Place place_of(const Share& share) { return {share.held, share.given_, share.destination}; }
  template <class Change>
  void change_place(Share& share, Change change);
  void count_unproven(Share& share);
  void forget_if_unused(Share& share);
  std::size_t committed_most() const {
    const bool ahead = may_be_ahead_ && unproven_ == 0;
    const std::size_t most = limits_.committed_most_at_host(ahead);
    return ahead ? limits_.with_unsent(most, unsent_) : most;
  }

  const CommitLimits& limits_;
  bool may_be_ahead_ = true;
  std::size_t held_ = 0;
  std::size_t unsent_ = 0;  ///< of the deliveries with permits, those that are not sent yet
  std::map<DestinationNo, Share> shares_;
  std::map<Place, Share*> order_;  ///< the shares with waiting items
  std::list<Item*> spare_;         ///< elements of lists of waiting items, to be used again
  std::uint64_t given_ = 0;
  std::size_t destinations_ = 0;
  std::size_t unproven_ = 0;  ///< number of shares that hold or want permits and are not known to be quick
};

}  // namespace dispatch::flow
