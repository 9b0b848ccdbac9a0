// Patterns for event types: what is taken has one meaning, found by the catalog's index as by the pattern
// itself; what is not has a message that can be shown. The input is patterns, one a line, then a type.

#include "routing/pattern.hpp"

#include "fuzz/fit_to_show.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"
#include "routing/catalog.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace dispatch;
using namespace dispatch::test;
using routing::Pattern;

namespace {

constexpr std::size_t patterns_most = 32;

/// What the words of the manual say, in another way.
bool means(std::string_view pattern, std::string_view type) {
  if (pattern == "*") return true;
  if (!pattern.ends_with(".*")) return pattern == type;
  const auto prefix = pattern.substr(0, pattern.size() - 1);
  return type.substr(0, prefix.size()) == prefix && type.size() > prefix.size();
}

void check_refusal(const Error& error) {
  PROPERTY(error.failure == Failure::usage && error.message.size() < 1024);
  PROPERTY(is_fit_to_show(error.message));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  std::vector<Subscription> subscriptions;
  while (subscriptions.size() < patterns_most && input.rest().find('\n') != std::string_view::npos) {
    const auto text = input.until('\n');
    const auto pattern = Pattern::parse(text);
    if (!pattern) {
      check_refusal(pattern.error());
      continue;
    }
    Subscription one;
    one.no = SubscriptionNo{static_cast<std::int64_t>(subscriptions.size()) + 1};
    one.event_types = {std::string{text}};
    subscriptions.push_back(std::move(one));
  }
  const auto type = input.rest();
  const auto snapshot =
      routing::Snapshot::make(std::make_shared<const SubscriptionSet>(std::move(subscriptions)));
  PROPERTY(snapshot.has_value());
  std::vector<std::size_t> found;
  (*snapshot)->match(type, found);
  auto next = found.begin();
  const auto& all = (*snapshot)->subscriptions()->all();
  for (std::size_t place = 0; place < all.size(); ++place) {
    const auto& text = all[place]->event_types.front();
    const bool expected = means(text, type);
    PROPERTY(Pattern::parse(text)->matches(type) == expected);
    const bool here = next != found.end() && *next == place;
    PROPERTY(here == expected);
    if (here) ++next;
  }
  PROPERTY(next == found.end());
  return 0;
}
