#include "cli/run/recorded_destinations.hpp"

#include "journal/store.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>

namespace dispatch::cli {
namespace {

/// A command that names more of them is none to be typed.
constexpr std::size_t inputs_most = 5;

using Counts = std::map<std::string, std::size_t>;

std::string most_frequent(const Counts& counts) {
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? std::string{} : most->first;
}

}  // namespace

RecordedDestinations recorded_destinations(const journal::Store& store,
                                           const flow::RecordedElsewhere& elsewhere) {
  if (elsewhere.events == 0) return {};
  const auto reader = store.read();
  if (!reader) return {};
  Counts done, open;
  std::set<std::string> inputs;
  bool all_named = true;
  for (const auto& id : elsewhere.event_ids) {
    const auto event = (*reader)->event(id);
    if (!event || !*event) continue;
    const auto input = (*reader)->input_of((*event)->position);
    all_named = all_named && input && !input->empty();
    if (all_named) inputs.insert(*input);
    const journal::DeliveryRecord* latest = nullptr;  // a replay or a redirect may have followed
    for (const auto& delivery : (*event)->deliveries)
      if (delivery.subscription.empty() &&
          (latest == nullptr || latest->key.generation < delivery.key.generation))
        latest = &delivery;
    if (latest != nullptr) ++(is_final(latest->state) ? done : open)[latest->destination];
  }
  if (!all_named || inputs.size() > inputs_most) inputs.clear();
  return {most_frequent(done), most_frequent(open), {inputs.begin(), inputs.end()}};
}

}  // namespace dispatch::cli
