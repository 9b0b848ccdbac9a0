#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/ids.hpp"
#include "flow/limits/graph.hpp"
#include "flow/pump/window.hpp"
#include "flow/rules/terms.hpp"
#include "journal/journal.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// The outlets that a run knows: which of them are to be read, when their retries are due, and from where a
/// restart must read. Of many, those with nothing to do are forgotten, so that memory follows what is under
/// way and not the hosts there are. Used by the dispatcher's thread, inside its turn.
class Outlets {
 public:
  using Due = std::set<std::pair<WallTime, OutletNo>>;

  Outlets(journal::Journal& journal, Graph& graph, const WindowLimits& limits, const Agreements& agreements)
      : journal_(journal), graph_(graph), limits_(limits), agreements_(agreements) {}

  /// Those that are new in the journal.
  Result<> load();
  /// Those that are new, and those that were forgotten: there may be more in each.
  Result<> load_forgotten();
  /// The journal is asked for one that is not known. It must have it.
  Result<OutletState*> reach(OutletNo no);
  /// It must be known.
  OutletState& at(OutletNo no) { return *outlets_.at(no); }
  const OutletState& at(OutletNo no) const { return *outlets_.at(no); }

  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [no, outlet] : outlets_) visit(*outlet);
  }

  /// Forgets outlets that have nothing to do and whose stored mark says so, where more than `kept` are known.
  /// What holds one in `held` keeps it.
  void forget_done(std::size_t kept, const std::set<const OutletState*>& held);

  /// By name.
  const std::map<std::string, HostState>& hosts() const { return hosts_; }

  // --- Terms
  struct Turned {
    bool shut = false, opened = false;
    bool moved = false;  ///< it goes to another URL
  };
  /// Those that hold from now on, and what they turn.
  Turned change_terms(OutletState& outlet);
  /// Reads where it goes by now.
  Result<> move(OutletState& outlet);
  /// Nothing of it is to be read, and no retry comes.
  void shut(OutletState& outlet);
  /// All of it above its cursor is to be read, and its retries come.
  Result<> open(OutletState& outlet);

  // --- To be read
  /// Lists the outlet where it is open and may have more.
  void list(OutletState& outlet);
  /// There may be more in it, anywhere above `position`, or above its cursor.
  void read_again(OutletState& outlet, std::optional<Position> position = std::nullopt);
  std::vector<OutletState*> take_listed();
  const std::vector<OutletState*>& listed() const { return listed_; }

  /// Some destinations of the outlet's host are slow, or none: the outlet is crowded or not.
  Result<> look_for_slow(OutletState& outlet, bool has_slow);

  // --- Retries
  /// One behind that place is due at `place.at`, and was not looked at.
  void due_by(OutletState& outlet, const journal::DuePlace& place);
  /// Those behind that place must be looked at again; the next one is due at `place.at`.
  void look_from(OutletState& outlet, const journal::DuePlace& place);
  /// All up to that place were looked at; the next one is due at `next`.
  void looked_until(OutletState& outlet, const journal::DuePlace& until, std::optional<WallTime> next);
  /// An operator may have changed those that were not looked at: the next one is asked for anew.
  Result<> reread_due(OutletState& outlet);
  /// The wall clock was set, and all due times in the journal with it: all retries are to be looked at again.
  Result<> clock_set();
  /// When the first that was not looked at is due, of each outlet that has one and is open.
  const Due& due() const { return due_; }

  // --- Where a restart reads from
  /// A crash must not leave what lies above `mark` below the stored mark.
  void keep_in_reach(OutletState& outlet, Position mark);
  /// Outlets whose stored mark must be lowered with this turn.
  std::vector<OutletState*> take_sunken() { return std::exchange(sunken_, {}); }

 private:
  journal::Journal& journal_;
  Graph& graph_;
  const WindowLimits limits_;
  const Agreements& agreements_;

  Result<OutletState*> take_in(journal::Outlet row);
  HostState& host_named(const std::string& name);
  void leave_host(OutletState& outlet);
  void count_rate(OutletState& outlet);
  void count_rate_at(OutletState& outlet, HostState* counts);
  void set_due(OutletState& outlet, std::optional<WallTime> due);

  std::map<OutletNo, std::unique_ptr<OutletState>> outlets_;
  OutletNo newest_{};  ///< of those that were ever known
  bool forgot_ = false;
  std::map<std::string, HostState> hosts_;
  std::uint32_t hosts_ever_ = 0;
  std::vector<OutletState*> listed_;
  Due due_;
  std::vector<OutletState*> sunken_;
};

}  // namespace dispatch::flow
