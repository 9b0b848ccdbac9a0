#include "flow/destination_check.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dispatch::flow {
namespace {

bool goes_somewhere(const Arrival& arrival) {
  return !arrival.routes.empty();
}

}  // namespace

Result<std::vector<Incoming>> DestinationCheck::take(Incoming incoming, const routing::Router& router) {
  const auto& arrivals = incoming.batch.arrivals;
  found_ =
      found_ || router.accepts_unmatched() || std::any_of(arrivals.begin(), arrivals.end(), goes_somewhere);
  const bool waits = !found_ && (!held_.empty() || !arrivals.empty());
  std::vector<Incoming> go_on;
  if (!waits) {
    go_on = std::exchange(held_, {});
    go_on.push_back(std::move(incoming));
    return go_on;
  }
  lines_ += arrivals.size();
  bytes_ += incoming.batch.bytes;
  held_.push_back(std::move(incoming));
  if (lines_ >= lines_most || bytes_ >= bytes_most) return nowhere();
  return go_on;
}

Result<std::vector<Incoming>> DestinationCheck::end(routing::Router& router) {
  router.refresh();
  if (!held_.empty() && !router.accepts_unmatched()) return nowhere();
  return std::exchange(held_, {});
}

tl::unexpected<Error> DestinationCheck::nowhere() {
  return misuse(
      "no line of the input has a url, the journal has no subscription, and --to is not given; nothing of it "
      "was accepted; give --to URL, or name the field that holds the url with --field url=/POINTER");
}

}  // namespace dispatch::flow
