#include "cli/delivery_filter_options.hpp"
#include "cli/listing.hpp"
#include "cli/moment.hpp"
#include "cli/operator_turn.hpp"
#include "cli/option_values.hpp"
#include "cli/program.hpp"
#include "cli/subscription_commands.hpp"
#include "journal/ledger.hpp"
#include "routing/pattern.hpp"
#include "routing/url.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>

namespace dispatch::cli {
namespace {

constexpr const char* footer = R"(What is done is delivered once more, with the same event ids and a higher
generation number, in order per entity. What a subscription was sent goes to its
present URL, all else to where it went. Look with --dry-run first.

EXIT STATUS
  0  done; also where nothing was meant
  1  the journal could not be read or written
  2  usage, or there is no such subscription or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch replay --subscription billing --since 2h --dry-run
  dispatch replay --subscription billing --since 2026-03-01 --until 2026-03-02
  dispatch replay --type 'order.*' --state failed
  dispatch replay --entity order-17 --to https://example.com/hook)";

/// Direct destinations told one by one; there may be millions.
constexpr std::size_t groups_most = 100;

struct Replay {
  std::optional<std::string> subscription;
  std::optional<routing::Pattern> type;
  std::string since, until;
  journal::FinalSelection selection;
  DeliveryFilterOptions names;  ///< events, entities, hosts, URLs, files
  std::optional<std::string> to;
  bool all = false;
  bool dry_run = false;
  bool json = false;

  bool conditioned() const {
    return subscription || type || !since.empty() || !until.empty() || selection.state || names.conditioned();
  }
};

/// Deliveries of one subscription, or direct ones to one URL.
struct Group {
  std::string subscription;  ///< its id; empty: direct
  std::string url;
  std::int64_t completed = 0, failed = 0;
};

/// What is meant, by subscription; 0 is direct.
struct Found {
  std::map<SubscriptionNo, std::vector<journal::DeliveryKey>> deliveries;
  std::vector<Group> groups;
  std::int64_t removed = 0;  ///< of subscriptions that are there no more

  std::int64_t count() const {
    std::int64_t count = 0;
    for (const auto& [no, keys] : deliveries) count += static_cast<std::int64_t>(keys.size());
    return count;
  }
};

Group& group_of(Found& found, const journal::FinalDeliveryRecord& record, const Subscription* subscription) {
  const std::string id = subscription != nullptr ? subscription->id : std::string{};
  std::string url = subscription != nullptr ? subscription->url : record.destination;
  const auto known = std::find_if(found.groups.begin(), found.groups.end(), [&](const Group& group) {
    return group.subscription == id && group.url == url;
  });
  if (known != found.groups.end()) return *known;
  if (subscription == nullptr && found.groups.size() >= groups_most) {
    url = "other destinations";
    if (found.groups.back().url == url) return found.groups.back();
  }
  return found.groups.emplace_back(Group{id, url});
}

Result<std::vector<Subscription>> subscriptions_of(const journal::Ledger& ledger) {
  std::vector<Subscription> all;
  DISPATCH_TRY(ledger.subscriptions([&](const journal::SubscriptionRecord& record) {
    all.push_back(record.subscription);
    return true;
  }));
  return all;
}

/// Where direct deliveries go now; nothing: to where they went.
Result<std::optional<routing::Url>> destination_of(const Replay& asked) {
  if (!asked.to) return std::nullopt;
  auto url = routing::parse_url(*asked.to);
  if (!url) return misuse("--to {}", url.error().message);
  return std::move(*url);
}

Result<Found> find(const Program& program, const Replay& asked, const std::optional<routing::Url>& to) {
  const auto ledger = journal::Ledger::open(program.journal);
  if (!ledger) return tl::unexpected(ledger.error());
  const auto subscriptions = subscriptions_of(*ledger);
  if (!subscriptions) return tl::unexpected(subscriptions.error());
  auto selection = asked.selection;
  const WallTime now = SystemClock{}.wall();  // one for both: --since 2h --until 1h is an hour
  auto filter = meant(asked.names, now);
  if (!filter) return tl::unexpected(std::move(filter).error());
  selection.filter = std::move(*filter);
  const auto unknown = ledger->unknown_names(selection.filter);
  if (!unknown) return tl::unexpected(unknown.error());
  if (!unknown->empty()) return misuse("the journal knows no {}", fmt::join(*unknown, ", no "));
  if (to) selection.subscription = SubscriptionNo{};
  DISPATCH_TRY(read_moment(asked.since, now, selection.since));
  DISPATCH_TRY(read_moment(asked.until, now, selection.until));
  if (asked.subscription) {
    const auto named = find_subscription(program, *subscriptions, *asked.subscription);
    if (!named) return tl::unexpected(named.error());
    selection.subscription = named->no;
  }

  Found found;
  DISPATCH_TRY(ledger->final_deliveries(selection, [&](const journal::FinalDeliveryRecord& record) {
    if (asked.type && !asked.type->matches(record.type)) return true;
    const Subscription* subscription = nullptr;
    if (record.subscription != SubscriptionNo{}) {
      const auto at = std::find_if(subscriptions->begin(), subscriptions->end(),
                                   [&](const Subscription& one) { return one.no == record.subscription; });
      if (at == subscriptions->end()) {
        ++found.removed;
        return true;
      }
      subscription = &*at;
    }
    auto shown = record;
    if (to) shown.destination = to->text;
    Group& group = group_of(found, shown, subscription);
    ++(record.state == DeliveryState::completed ? group.completed : group.failed);
    found.deliveries[record.subscription].push_back(record.key);
    return true;
  }));
  return found;
}

void tell(const Found& found, bool json, bool dry_run) {
  if (json) {
    for (const auto& group : found.groups) {
      put_json([&](JsonObject& object) {
        add_text(object, "subscription", group.subscription);
        object.add("url", group.url)
            .add("completed", group.completed)
            .add("failed", group.failed)
            .add("dry_run", dry_run);
      });
    }
    return;
  }
  using Align = Table::Align;
  Table table{{{"SUBSCRIPTION"}, {"COMPLETED", Align::right}, {"FAILED", Align::right}, {"TO"}}, put_out};
  for (const auto& group : found.groups)
    table.row({group.subscription.empty() ? "direct" : group.subscription, std::to_string(group.completed),
               std::to_string(group.failed), group.url});
  table.finish();
}

/// All of it in one turn: it is there at once or not at all. Returns how many were made.
Result<std::int64_t> make(const Program& program, const Found& found, const std::optional<routing::Url>& to) {
  std::int64_t made = 0;
  DISPATCH_TRY(operator_turn(program, [&](journal::Journal& journal, WallTime now) -> Result<> {
    const auto subscriptions = journal.subscriptions();
    if (!subscriptions) return tl::unexpected(subscriptions.error());
    for (const auto& [no, keys] : found.deliveries) {
      std::optional<Route> route;
      if (to) route = Route{to->text, to->host};
      if (no != SubscriptionNo{}) {
        const auto at = std::find_if(subscriptions->begin(), subscriptions->end(),
                                     [no = no](const Subscription& one) { return one.no == no; });
        if (at == subscriptions->end()) continue;  // removed since it was looked at
        route = Route{at->url, at->host, no};
      }
      const auto count = journal.replay(keys, route, now);
      if (!count) return tl::unexpected(count.error());
      made += *count;
    }
    return {};
  }));
  return made;
}

Result<ExitCode> replay(const Program& program, const Replay& asked) {
  if (!asked.conditioned() && !asked.all)
    return misuse(
        "say which deliveries are meant: with conditions, as in --since 2h or --entity ID; or with --all, "
        "for "
        "all that were ever made");
  if (asked.to && asked.subscription) {
    return misuse("what a subscription is sent goes to its own URL; change that with: {}",
                  command_on(program, "subscription add ID --replace --url URL"));
  }
  const auto to = destination_of(asked);
  if (!to) return tl::unexpected(to.error());
  const auto found = find(program, asked, *to);
  if (!found) return tl::unexpected(found.error());
  const auto count = found->count();
  if (found->removed > 0)
    say(program, fmt::format("{} of subscriptions that were removed; they are passed over",
                             counted(found->removed, "delivery is", "deliveries are")));
  if (count == 0) {
    say(program, "no delivery that is done is meant");
    return ExitCode::delivered;
  }
  tell(*found, asked.json, asked.dry_run);
  if (asked.dry_run) {
    say(program, fmt::format("{} would be made again, in order per entity; nothing was changed",
                             counted(count, "delivery", "deliveries")));
    return ExitCode::delivered;
  }
  const auto made = make(program, *found, *to);
  if (!made) return tl::unexpected(made.error());
  say(program, fmt::format("{} made again, in order per entity; {}",
                           counted(*made, "delivery is", "deliveries are"), who_goes_on(program)));
  return ExitCode::delivered;
}

Result<std::optional<DeliveryState>> parse_final_state(std::string_view text) {
  const auto state = parse_delivery_state(text);
  if (!state || !is_final(*state)) return misuse("'{}' is neither completed nor failed", text);
  return state;
}

Result<std::optional<routing::Pattern>> parse_type(std::string_view text) {
  auto pattern = routing::Pattern::parse(text);
  if (!pattern) return tl::unexpected(std::move(pattern).error());
  return std::move(*pattern);
}

}  // namespace

void add_replay_command(CLI::App& app, Program& program) {
  const auto asked = std::make_shared<Replay>();
  CLI::App* command = app.add_subcommand("replay", "Deliver once more what is done");
  command->footer(footer);
  command->add_option("--subscription", asked->subscription, "What this subscription was sent")
      ->type_name("ID");
  add_name_options(*command, asked->names);
  add_file_option(*command, asked->names);
  command->add_option("--to", asked->to, "Send direct deliveries there, instead of to where they went")
      ->type_name("URL");
  command->add_option("--since", asked->since, "Events accepted then or later: 2h ago, a day or a time")
      ->type_name("TIME");
  command->add_option("--until", asked->until, "Events accepted before then")->type_name("TIME");
  add_value(*command, "--type", asked->type, parse_type, "Events of these types: order.added or order.*")
      ->type_name("PATTERN");
  add_value(*command, "--state", asked->selection.state, parse_final_state, "completed or failed; else both")
      ->type_name("STATE");
  command->add_flag("--all", asked->all, "Everything that is done, where there is no condition");
  command->add_flag("--dry-run", asked->dry_run, "Say what would be made again; change nothing");
  command->add_flag("--json", asked->json, "One JSON object a line");
  command->callback(
      [&program, asked] { program.action = [&program, asked] { return replay(program, *asked); }; });
}

}  // namespace dispatch::cli
