#include "operations/replay.hpp"

#include "operations/commit.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/ranges.h>

namespace dispatch::operations {

namespace {

/// What keeps order: an entity, or an event without one.
struct Stream {
  EntityNo entity;
  Position position;  ///< without entity
  friend auto operator<=>(const Stream&, const Stream&) = default;
};

struct Meant {
  Stream stream;
  SubscriptionNo subscription;
  journal::DeliveryKey key;
  friend auto operator<=>(const Meant&, const Meant&) = default;
};

Stream stream_of(const journal::FinalDeliveryRecord& record) {
  const bool alone = record.entity == EntityNo{};
  return {record.entity, alone ? record.key.position : Position{}};
}

/// One of so many parts of what is meant; the deliveries of a stream are in the same part.
struct Part {
  std::int64_t number = 0, of = 1;
  bool has(const Stream& stream) const {
    return (stream.entity.value() + stream.position.value()) % of == number;
  }
};

/// Looks for what is meant.
class Search {
 public:
  Search(const journal::JournalReader& reader, const journal::FinalSelection& which,
         const std::optional<Route>& to)
      : reader_(reader), which_(which), to_(to) {
    if (!to) return;
    which_.subscription = SubscriptionNo{};
    which_.not_open_at = std::string{to->host};
  }

  Result<> begin() {
    DISPATCH_ASSIGN(const auto unknown, reader_.unknown_names(which_.filter));
    if (!unknown.empty())
      return misuse("the journal knows no {}; nothing was changed", fmt::join(unknown, ", no "));
    std::vector<Subscription> all;
    DISPATCH_TRY(reader_.subscriptions([&](const journal::SubscriptionRecord& record) {
      all.push_back(record.subscription);
      return true;
    }));
    subscriptions_ = SubscriptionSet{std::move(all)};
    return {};
  }

  /// Calls `each` for those of that part, in the order of their events.
  template <class Each>
  Result<> run(const Part& part, Replayed& replayed, AffectedCount& count, Each each) const {
    Position last{-1};
    return reader_.final_deliveries(which_, [&](const journal::FinalDeliveryRecord& record) {
      if (!part.has(stream_of(record))) return true;
      const bool direct = record.subscription == SubscriptionNo{};
      if (to_ && std::exchange(last, record.key.position) == record.key.position) return true;
      const auto subscription = subscriptions_.find(record.subscription);
      if (!direct && !subscription) {
        ++replayed.removed;
        return true;
      }
      const std::string url{to_      ? to_->url
                            : direct ? std::string_view{record.destination}
                                     : std::string_view{subscription->url}};
      count.add(record.subscription, url, record.state);
      each(record);
      return true;
    });
  }

  const SubscriptionSet& subscriptions() const { return subscriptions_; }

 private:
  const journal::JournalReader& reader_;
  journal::FinalSelection which_;
  const std::optional<Route>& to_;
  SubscriptionSet subscriptions_;
};

/// The route as it is in this turn; nothing where the subscription has been removed since.
std::optional<std::optional<Route>> route_for(SubscriptionNo no, const Subscription* subscription,
                                              const std::optional<Route>& to) {
  if (no == SubscriptionNo{}) return to;
  if (subscription == nullptr) return std::nullopt;
  return Route{subscription->url, subscription->host, no};
}

/// Makes deliveries of whole streams anew in one turn. Returns how many were made.
Result<std::int64_t> make(journal::Journal& journal, std::vector<Meant>::const_iterator from,
                          std::vector<Meant>::const_iterator to_end, const std::optional<Route>& to,
                          const Clock& clock, std::int64_t made_before) {
  std::map<SubscriptionNo, std::vector<journal::DeliveryKey>> deliveries;
  for (auto at = from; at != to_end; ++at) deliveries[at->subscription].push_back(at->key);
  DISPATCH_ASSIGN(auto transaction, journal.begin());
  DISPATCH_ASSIGN(const auto subscriptions, journal.subscriptions());
  std::int64_t made = 0;
  for (const auto& [no, keys] : deliveries) {
    const auto subscription = subscriptions->find(no);
    const auto route = route_for(no, subscription.get(), to);
    if (!route) continue;
    DISPATCH_ASSIGN(const auto some, transaction->replay(keys, *route, clock.wall()));
    made += some;
  }
  DISPATCH_TRY(commit(*transaction, journal, made_before + made));
  return made;
}

/// The same, some streams in each turn.
Result<std::int64_t> make_all(journal::Journal& journal, std::vector<Meant> meant,
                              const std::optional<Route>& to, const Clock& clock, std::size_t at_a_time,
                              std::int64_t made_before) {
  std::sort(meant.begin(), meant.end());
  std::int64_t made = 0;
  for (auto from = meant.cbegin(); from != meant.cend();) {
    const auto enough = static_cast<std::ptrdiff_t>(at_a_time);
    auto end = meant.cend() - from > enough ? from + enough : meant.cend();
    while (end != meant.cend() && end->stream == std::prev(end)->stream) ++end;
    const auto some = make(journal, from, end, to, clock, made_before + made);
    if (!some) return some;
    made += *some;
    from = end;
  }
  return made;
}

Result<Replayed> count(const Search& search) {
  Replayed replayed;
  AffectedCount count{search.subscriptions()};
  DISPATCH_TRY(search.run({}, replayed, count, [](const auto&) {}));
  replayed.affected = count.take();
  return replayed;
}

}  // namespace

Result<Replayed> count_replay(const journal::JournalReader& reader, const journal::FinalSelection& which,
                              const std::optional<Route>& to) {
  Search search{reader, which, to};
  DISPATCH_TRY(search.begin());
  return count(search);
}

Result<Replayed> replay(const journal::JournalReader& reader, journal::Journal& journal, const Clock& clock,
                        const journal::FinalSelection& which, const std::optional<Route>& to,
                        const OperationOptions& options) {
  Search search{reader, which, to};
  DISPATCH_TRY(search.begin());
  const auto counted = count(search);
  if (!counted) return counted;
  Replayed replayed;
  AffectedCount found{search.subscriptions()};
  Part part{.of = 1 + counted->affected.deliveries / static_cast<std::int64_t>(options.keys_held)};
  std::int64_t made = 0;
  for (; part.number < part.of; ++part.number) {
    std::vector<Meant> meant;
    DISPATCH_TRY(search.run(part, replayed, found, [&](const journal::FinalDeliveryRecord& record) {
      meant.push_back({stream_of(record), record.subscription, record.key});
    }));
    DISPATCH_ASSIGN(const auto some, make_all(journal, std::move(meant), to, clock, options.at_a_time, made));
    made += some;
  }
  found.subtract_unchanged(found.deliveries() - made);
  replayed.affected = found.take();
  return replayed;
}

}  // namespace dispatch::operations
