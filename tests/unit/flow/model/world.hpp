#pragma once

#include "support/fakes.hpp"
#include "unit/flow/model/history.hpp"
#include "unit/flow/model/reference.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace dispatch::test {

/// One history as it goes: a dispatcher on a journal, other processes beside it, and the model that tells
/// what must come of each step. Every promise is checked at every step: at the moment a request is handed
/// over, and after the step on what the journal holds.
class World {
 public:
  World(const Setting& setting, const std::string& rejects_path);
  ~World();

  /// A broken promise, in words.
  using Complaint = Reference::Complaint;

  /// False where it cannot happen now.
  bool possible(const Step& step) const;
  /// What the explorer tries next, in one order of what would come out the same. Empty at the end.
  std::vector<Step> choices(const Bounds& bounds) const;
  Complaint play(const Step& step);

  /// Lets everything succeed, then lets the operator give way to all that is blocked: nothing may be left.
  Complaint finish();

  /// Equal where what can come is taken to be equal; see Bounds::memory. Only at the beginning of a turn.
  std::optional<std::string> fingerprint(const Bounds& bounds) const;

 private:
  struct Process;
  struct Elsewhere;
  class Watch;

  void raise(std::unique_ptr<journal::Journal> journal);
  void subscribe(journal::Transaction& transaction);
  Route subscribed_route() const;
  void die(journal::Orphans orphans, std::unique_ptr<journal::Journal> successor);
  Complaint turn();
  Complaint by_operator(const Step& step);
  Complaint act(const Step& step, const journal::DeliveryKey& key, journal::Transaction& transaction);
  journal::DeliveryKey key_of(const std::string& name) const;
  Complaint arrive_elsewhere(const Line& line);

  /// What the journal holds for whoever reads it now, by the names of deliveries where these have been
  /// accepted, in their order.
  std::map<std::string, journal::DeliveryRow> committed(const std::vector<std::string>& accepted) const;
  static std::string name_of(const Outgoing& outgoing);
  void check_intents(const std::vector<Outgoing>& batch);
  void check_fairness(const std::vector<Outgoing>& batch);
  void check_limits();
  Complaint check_journal() const;
  Complaint check_rest() const;
  Complaint check_follower();
  void follow_no_more_what_is_done();
  bool at_rest() const;
  bool has_room(const Reference::Event& event) const;
  std::vector<std::string> under_way() const;
  /// Its request has begun, and it may have ended since the last turn.
  bool is_started(const std::string& id) const;
  Complaint audit() const;
  Complaint let_all_succeed();

  const Line& line_of(const std::string& id) const;
  bool twin_first(const Line& line) const;
  bool spent(const Bounds& bounds, Act act) const;
  std::size_t times(std::initializer_list<Act> acts) const;
  std::size_t times_of_operators() const;
  void count(const Step& step);
  std::string canonical(const Step& step) const;

  const Setting& setting_;
  const std::string rejects_path_;
  const Journals journals_;
  std::string subscribed_host_;
  ManualClock clock_;
  FixedRandom random_;
  flow::RunOptions options_;
  Reference reference_;
  std::unique_ptr<journal::Journal> observer_;
  std::unique_ptr<journal::Journal> operator_;
  SubscriptionNo subscription_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<Elsewhere> elsewhere_;

  std::vector<std::string> given_;     ///< ids that have been put in, here or elsewhere, in order
  std::vector<std::string> followed_;  ///< ids that the process elsewhere waits for
  std::vector<std::string> mail_arrivals_;
  std::vector<std::pair<std::string, Answer>> mail_answers_;
  std::vector<Outgoing> handed_over_;
  std::map<std::string, std::size_t> overtaken_;  ///< by name: so often, since it may go
  Complaint broken_;

  Act latest_ = Act::turn;  ///< since the last turn; turn where nothing has come
  bool news_ = true;        ///< a turn would find something
  bool stopping_ = false;
  bool aborted_ = false;
  std::array<std::size_t, act_count> times_{};
  std::vector<std::string> lately_;  ///< steps since the process began
};

}  // namespace dispatch::test
