#include "flow/observe/elsewhere.hpp"

#include <algorithm>

namespace dispatch::flow {
namespace {

/// An input may name millions of URLs.
constexpr std::size_t urls_counted = 1'000;
constexpr std::size_t urls_told = 5;
/// So many are looked up at the end, to say where they went.
constexpr std::size_t ids_kept = 20;

}  // namespace

void RecordedElsewhereCount::note(std::string_view event_id, std::string_view url) {
  if (found_.events++ == 0) found_.url = url;
  if (found_.event_ids.size() < ids_kept) found_.event_ids.emplace_back(event_id);
  changed_ = true;
}

void ElsewhereCount::note(std::string_view url) {
  ++events_;
  changed_ = true;
  if (const auto known = by_url_.find(url); known != by_url_.end())
    ++known->second;
  else if (by_url_.size() < urls_counted)
    by_url_.emplace(url, 1);
}

bool ElsewhereCount::take_changed() {
  return std::exchange(changed_, false);
}

Elsewhere ElsewhereCount::found() const {
  Elsewhere elsewhere{.events = events_, .urls = {by_url_.begin(), by_url_.end()}};
  std::stable_sort(elsewhere.urls.begin(), elsewhere.urls.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  elsewhere.more = elsewhere.urls.size() > urls_told;
  elsewhere.urls.resize(std::min(elsewhere.urls.size(), urls_told));
  return elsewhere;
}

}  // namespace dispatch::flow
