// The subscriptions file: whatever it holds, its subscriptions can be stored and delivered to, or one line
// says what is wrong; and applied twice, the second time changes nothing.

#include "operations/subscriptions/subscription_file.hpp"

#include "fuzz/fit_to_show.hpp"
#include "fuzz/input.hpp"
#include "fuzz/property.hpp"
#include "jq/program.hpp"
#include "operations/subscriptions/subscription_changes.hpp"
#include "routing/pattern.hpp"
#include "routing/url.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace dispatch;
using namespace dispatch::test;

namespace {

void check_sound(const Subscription& subscription) {
  PROPERTY(!subscription.id.empty() && subscription.id.size() <= 255 && is_fit_to_show(subscription.id));
  const auto url = routing::parse_url(subscription.url, http_schemes);
  PROPERTY(url && url->text == subscription.url && url->host == subscription.host);
  PROPERTY(!subscription.event_types.empty());
  for (const auto& type : subscription.event_types) PROPERTY(routing::Pattern::parse(type).has_value());
  PROPERTY(!subscription.rate || (subscription.rate->count >= 1 && subscription.rate->per.count() > 0));
  PROPERTY(!subscription.concurrency || *subscription.concurrency >= 1);
  PROPERTY(!subscription.timeout || *subscription.timeout >= std::chrono::milliseconds{1});
  PROPERTY(!subscription.attempts || (*subscription.attempts >= 1 && *subscription.attempts <= 1'000));
  PROPERTY(subscription.secrets.empty() && !subscription.paused_at);
}

void check_twice(const std::vector<operations::Declared>& declared) {
  const auto first = operations::changes_to({}, declared, true, {}).value();
  PROPERTY(first.size() == declared.size());
  std::vector<Subscription> stored;
  for (const auto& change : first) {
    PROPERTY(change.kind == operations::SubscriptionChange::Kind::added);
    stored.push_back(change.wanted);
  }
  PROPERTY(!operations::any_change(
      operations::changes_to(SubscriptionSet{std::move(stored)}, declared, true, {}).value()));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  jq::serve_if_asked(*argc, *argv);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto parsed = operations::parse_subscriptions(Input{data, size}.rest(), "folder", http_schemes);
  if (!parsed) {
    PROPERTY(parsed.error().failure == Failure::usage && is_fit_to_show(parsed.error().message));
    return 0;
  }
  std::set<std::string> ids;
  for (auto& one : *parsed) {
    check_sound(one.subscription);
    PROPERTY(ids.insert(one.subscription.id).second);
    one.secret = {};  // no file is read and no command is run
  }
  check_twice(*parsed);
  return 0;
}
