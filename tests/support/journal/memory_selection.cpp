#include "support/journal/memory_selection.hpp"

#include "routing/pattern.hpp"

#include <algorithm>
#include <tuple>

namespace dispatch::test {

using journal::DeliveryFilter;
using journal::DeliveryRow;
using journal::SelectedPage;
using journal::Selection;
using journal::SelectionPlace;

namespace {

bool among(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

const MemoryState::Destination& destination(const MemoryState& state, const DeliveryRow& row) {
  return state.destinations[static_cast<std::size_t>(row.destination.value() - 1)];
}

const journal::DeliveryQueue& queue(const MemoryState& state, const DeliveryRow& row) {
  return state.queues[static_cast<std::size_t>(row.key.queue.value() - 1)];
}

/// The order of a walk.
auto place_of(const DeliveryRow& row, bool newest_first) {
  const std::int64_t sign = newest_first ? -1 : 1;
  return std::tuple{row.key.queue.value(), sign * row.key.position.value(), sign * row.key.generation};
}

}  // namespace

bool means(const MemoryState& state, const DeliveryFilter& filter, const DeliveryRow& row) {
  const auto& event = *state.events.at(row.key.position);
  const auto subscription = state.subscriptions.find(row.subscription);
  const auto status = state.statuses.find(row.key);
  const int answered = status == state.statuses.end() ? 0 : status->second;
  return among(filter.events, event.event_id) &&
         (filter.entities.empty() || (event.entity_id && among(filter.entities, *event.entity_id))) &&
         among(filter.hosts, queue(state, row).host) && among(filter.urls, destination(state, row).url) &&
         (filter.subscriptions.empty() || (subscription != state.subscriptions.end() &&
                                           among(filter.subscriptions, subscription->second->id))) &&
         (filter.inputs.empty() || (!event.input.empty() && among(filter.inputs, event.input))) &&
         (filter.types.empty() ||
          std::any_of(
              filter.types.begin(), filter.types.end(),
              [&](const auto& type) { return routing::Pattern::parse(type).value().matches(event.type); })) &&
         (filter.statuses.empty() || std::any_of(filter.statuses.begin(), filter.statuses.end(),
                                                 [&](const auto& range) {
                                                   return range.first <= answered && answered <= range.last;
                                                 })) &&
         (!filter.accepted_since || event.accepted_at >= *filter.accepted_since) &&
         (!filter.accepted_until || event.accepted_at < *filter.accepted_until) &&
         (!filter.dead_since ||
          (row.state == DeliveryState::dead_letter && row.state_at >= *filter.dead_since));
}

SelectedPage select_in(const MemoryState& state, const Selection& selection, const SelectionPlace& from,
                       std::size_t limit) {
  std::vector<const DeliveryRow*> found;
  DeliveryRow last;
  last.key = from.key;
  for (const auto& [key, row] : state.deliveries) {
    const bool wanted =
        std::find(selection.states.begin(), selection.states.end(), row.state) != selection.states.end() &&
        means(state, selection.filter, row);
    const bool passed =
        from.lowest && place_of(row, selection.newest_first) <= place_of(last, selection.newest_first);
    if (wanted && !passed) found.push_back(&row);
  }
  std::sort(found.begin(), found.end(), [&](const auto* one, const auto* other) {
    return place_of(*one, selection.newest_first) < place_of(*other, selection.newest_first);
  });
  SelectedPage page;
  const bool more = found.size() > limit;
  if (more) found.resize(limit);
  for (const auto* row : found) {
    page.deliveries.push_back(
        {.row = *row, .url = destination(state, *row).url, .host = queue(state, *row).host});
  }
  if (more) page.next = SelectionPlace{.key = found.back()->key, .lowest = Position{}};
  return page;
}

std::vector<std::string> unknown_names_in(const MemoryState& state, const DeliveryFilter& filter) {
  std::vector<std::string> unknown;
  const auto look = [&](const char* kind, const std::vector<std::string>& names, auto known) {
    for (const auto& name : names)
      if (!known(name)) unknown.push_back(std::string{kind} + " " + name);
  };
  const auto any = [](const auto& all, auto fits) { return std::any_of(all.begin(), all.end(), fits); };
  look("event", filter.events, [&](const auto& id) { return state.positions.contains(id); });
  look("entity", filter.entities, [&](const auto& id) { return state.entities.contains(id); });
  look("host", filter.hosts, [&](const auto& host) {
    return any(state.queues, [&](const auto& one) { return one.host == host; });
  });
  look("URL", filter.urls, [&](const auto& url) {
    return any(state.destinations, [&](const auto& one) { return one.url == url; });
  });
  look("subscription", filter.subscriptions, [&](const auto& id) {
    return any(state.subscriptions, [&](const auto& one) { return one.second->id == id; });
  });
  look("input file", filter.inputs, [&](const auto& name) {
    return any(state.events, [&](const auto& one) { return one.second->input == name; });
  });
  return unknown;
}

}  // namespace dispatch::test
