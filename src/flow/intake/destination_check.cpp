#include "flow/intake/destination_check.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dispatch::flow {
namespace {

bool goes_somewhere(const Arrival& arrival) {
  return !arrival.routes.empty();
}

}  // namespace

std::vector<Incoming> DestinationCheck::take(Incoming incoming, const routing::Router& router) {
  const auto& arrivals = incoming.batch.arrivals;
  found_ =
      found_ || router.accepts_unmatched() || std::any_of(arrivals.begin(), arrivals.end(), goes_somewhere);
  const bool waits = !found_ && (!held_.empty() || !arrivals.empty());
  lines_ += arrivals.size();
  bytes_ += incoming.batch.bytes;
  held_.push_back(std::move(incoming));
  if (!waits) return std::exchange(held_, {});
  if (lines_ >= lines_most || bytes_ >= bytes_most) return give_up();
  return {};
}

std::vector<Incoming> DestinationCheck::end() {
  return holds() ? give_up() : std::vector<Incoming>{};
}

/// The journal may have a subscription by now: who reads it decides.
std::vector<Incoming> DestinationCheck::give_up() {
  found_ = true;
  held_.front().without_destination = true;
  return std::exchange(held_, {});
}

Error no_destination() {
  return Error{
      Failure::usage,
      "no line of the input has a url, the journal has no subscription, and --to is not given; nothing "
      "of it was accepted; give --to URL, or name the field that holds the url with --field "
      "url=/POINTER"};
}

}  // namespace dispatch::flow
