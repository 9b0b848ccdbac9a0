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

/// Bounds how many deliveries to one host are committed at a time, and shares these permits among its
/// destinations; see CommitLimits. A permit goes to the waiting destination that
/// holds the fewest, and among those with as many to the one that was given one longest ago. So none holds
/// more than a fair share while another waits, and one alone may hold them all (max-min fairness). In one
/// destination it is first come, first served.
///
/// What is committed ahead waits above the transport until another request has ended, in no other order than
/// its own. Permits for it are given only while all destinations that hold or
/// want something are known to answer quickly, so that none waits long behind another's. Used by one thread.
class HostGate {
 public:
  /// One destination of the host. Its address stays while lanes lead to it, or it holds permits.
  struct Share {
    DestinationNo destination;
    std::size_t lanes = 0;  ///< in the window that lead here
    std::size_t held = 0;   ///< permits

    /// What is known of how long its requests take; nothing before the first answer.
    std::optional<std::chrono::microseconds> took;
    SteadyTime heard{};  ///< when something was last answered, or before that its first lane was loaded

    /// True if its requests are slow, or none was answered for a long time.
    bool is_slow(SteadyTime now) const { return took > quick_most || now - heard > quick_most; }
    bool is_quick(SteadyTime now) const { return took && !is_slow(now); }

    bool is_unused() const { return lanes == 0 && held == 0 && waiting_.empty(); }

   private:
    friend HostGate;
    std::list<Item*> waiting_;
    std::uint64_t given_ = 0;  ///< when it was last given a permit
    bool counted_ = false;     ///< among `unproven_`
  };

  static constexpr std::chrono::milliseconds quick_most{100};

  /// `limits` are borrowed, and may change: what is committed by others stays, and nothing more is until
  /// there is room.
  explicit HostGate(const CommitLimits& limits) : limits_(limits) {}
  HostGate(const HostGate&) = delete;
  HostGate& operator=(const HostGate&) = delete;

  /// One more lane leads to that destination.
  Share& open_lane(DestinationNo destination, SteadyTime now);
  void close_lane(Share& share);

  /// The item, which holds its lane, waits for a permit of its lane's share.
  void enter(Item& item);
  /// Gives a permit to the item whose turn it is, which waits no more. Null where none may go.
  Item* next();
  void free(Share& share);
  /// A request of that destination took `took`.
  void answered(Share& share, std::chrono::microseconds took, SteadyTime now);
  /// Takes out what waits in lanes that leave, in order.
  std::vector<Item*> take_leaving();

  /// Whether anything may be committed ahead; at first, yes.
  void allow_ahead(bool allowed) { may_be_ahead_ = allowed; }

  /// The number of destinations to which lanes lead.
  std::size_t destinations() const { return destinations_; }
  bool has_slow(SteadyTime now) const;
  /// The share of that destination; null: none.
  const Share* share_of(DestinationNo destination) const;

 private:
  using Place = std::tuple<std::size_t, std::uint64_t, DestinationNo>;

  static Place place_of(const Share& share) { return {share.held, share.given_, share.destination}; }
  void count_unproven(Share& share);
  void forget_if_unused(Share& share);
  std::size_t committed_most() const {
    return limits_.committed_most_at_host(may_be_ahead_ && unproven_ == 0);
  }

  const CommitLimits& limits_;
  bool may_be_ahead_ = true;
  std::size_t held_ = 0;
  std::map<DestinationNo, Share> shares_;
  std::map<Place, Share*> order_;  ///< of the shares in which something waits
  std::uint64_t given_ = 0;
  std::size_t destinations_ = 0;
  std::size_t unproven_ = 0;  ///< shares that hold or want permits and are not known to be quick
};

}  // namespace dispatch::flow
