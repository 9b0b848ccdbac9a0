#include "cli/recorded_destinations.hpp"

#include "ingest/input_name.hpp"
#include "journal/ledger.hpp"

#include <algorithm>
#include <cstddef>
#include <map>

namespace dispatch::cli {
namespace {

using Counts = std::map<std::string, std::size_t>;

std::string most_frequent(const Counts& counts) {
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == counts.end() ? std::string{} : most->first;
}

std::vector<std::string> known_of(const journal::Ledger& ledger, const std::vector<std::string>& inputs) {
  std::vector<std::string> known;
  for (const auto& input : inputs) {
    const auto unknown = ledger.unknown_names({.inputs = {ingest::input_name(input)}});
    if (unknown && unknown->empty()) known.push_back(input);
  }
  return known;
}

}  // namespace

RecordedDestinations recorded_destinations(const std::string& path, const flow::RecordedElsewhere& elsewhere,
                                           const std::vector<std::string>& inputs) {
  if (elsewhere.events == 0) return {};
  const auto ledger = journal::Ledger::open(path);
  if (!ledger) return {};
  Counts done, open;
  for (const auto& id : elsewhere.event_ids) {
    const auto event = ledger->event(id);
    if (!event || !*event) continue;
    const journal::DeliveryRecord* latest = nullptr;  // a replay or a redirect may have followed
    for (const auto& delivery : (*event)->deliveries)
      if (delivery.subscription.empty() &&
          (latest == nullptr || latest->key.generation < delivery.key.generation))
        latest = &delivery;
    if (latest != nullptr) ++(is_final(latest->state) ? done : open)[latest->destination];
  }
  return {most_frequent(done), most_frequent(open), known_of(*ledger, inputs)};
}

}  // namespace dispatch::cli
