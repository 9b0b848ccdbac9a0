#include "cli/commands/operator_turn.hpp"
#include "cli/commands/subscription/subscription_commands.hpp"
#include "cli/options/delivery_filter_options.hpp"
#include "cli/options/delivery_schemes.hpp"
#include "cli/options/option_values.hpp"
#include "cli/options/time_argument.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"
#include "operations/replay.hpp"
#include "operations/views/json_fields.hpp"
#include "routing/url.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace dispatch::cli {
namespace {

constexpr const char* replay_footer =
    R"(Finished deliveries are made again, with the same event ids and a higher
generation number, in order per entity. Deliveries of a subscription go to its
present URL, all others to the same URL as before. Check with --dry-run first.

EXIT STATUS
  0  done; also if no delivery is selected
  1  the journal could not be read or written
  2  wrong usage, or there is no such event, host, file, ... or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch replay --subscription billing --since 2h --dry-run
  dispatch replay --subscription billing --since 2026-03-01 --until 2026-03-02
  dispatch replay --type 'order.*' --state failed
  dispatch replay --entity order-17 --to https://example.com/hook)";

struct Replay {
  std::optional<std::string> subscription;
  std::string since, until;
  journal::FinalSelection selection;
  DeliveryFilterOptions names;  ///< events, entities, hosts, URLs, files
  std::optional<std::string> to;
  bool all = false;
  bool dry_run = false;
  bool json = false;

  bool conditioned() const {
    return subscription || !since.empty() || !until.empty() || selection.state || names.conditioned();
  }
};

/// Where direct deliveries go now; nothing: to where they went.
Result<std::optional<routing::Url>> destination_of(const Replay& asked) {
  if (!asked.to) return std::nullopt;
  auto url = routing::parse_url(*asked.to, delivery_schemes);
  if (!url) return misuse("--to {}", url.error().message);
  return std::move(*url);
}

/// The selected deliveries; `--since 2h --until 1h` is an hour, as both are counted back from `now`.
Result<journal::FinalSelection> selection_of(const Program& program, const Replay& asked,
                                             const journal::JournalReader& reader, WallTime now) {
  auto selection = asked.selection;
  DISPATCH_ASSIGN(selection.filter, meant(asked.names, now));
  DISPATCH_TRY(read_time_argument(asked.since, now, selection.since));
  DISPATCH_TRY(read_time_argument(asked.until, now, selection.until));
  if (!asked.subscription) return selection;
  std::vector<Subscription> subscriptions;
  DISPATCH_TRY(reader.subscriptions([&](const journal::SubscriptionRecord& record) {
    subscriptions.push_back(record.subscription);
    return true;
  }));
  const SubscriptionSet all{std::move(subscriptions)};
  const auto named = all.find(*asked.subscription);
  if (!named) return tl::unexpected(no_subscription(program, all, *asked.subscription));
  selection.subscription = named->no;
  return selection;
}

Result<operations::Replayed> replayed_by(const Program& program, const Replay& asked,
                                         const std::optional<routing::Url>& url) {
  std::optional<Route> to;
  if (url) to = Route{url->text, url->host};
  const SystemClock clock;
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  DISPATCH_ASSIGN(const auto selection, selection_of(program, asked, *reader, clock.wall()));
  if (asked.dry_run) return operations::count_replay(*reader, selection, to);
  DISPATCH_ASSIGN(const auto journal, open_for_operator(program, false));
  return operations::replay(*reader, *journal, clock, selection, to);
}

std::string destination_text(const operations::DestinationCount& count) {
  return count.url.empty() ? "other destinations" : count.url;
}

void put_destinations(const operations::Affected& affected, bool json, bool dry_run) {
  if (json) {
    for (const auto& count : affected.destinations) {
      put_json([&](JsonObject& object) {
        operations::add_text(object, "subscription", count.subscription);
        object.add("url", destination_text(count))
            .add("completed", count.completed)
            .add("failed", count.failed)
            .add("dry_run", dry_run);
      });
    }
    return;
  }
  using Align = Table::Align;
  Table table{{{"SUBSCRIPTION"}, {"COMPLETED", Align::right}, {"FAILED", Align::right}, {"TO"}}, put_out};
  for (const auto& count : affected.destinations) {
    table.row({count.subscription.empty() ? "direct" : count.subscription, std::to_string(count.completed),
               std::to_string(count.failed), destination_text(count)});
  }
  table.finish();
}

Result<ExitCode> replay(const Program& program, const Replay& asked) {
  if (asked.conditioned() == asked.all)
    return misuse(
        "select deliveries with conditions, as in --since 2h or --entity ID, or all that were ever made with "
        "--all");
  if (asked.to && asked.subscription) {
    return misuse("deliveries of a subscription go to its own URL; change it with: {}",
                  command_on(program, "subscription add ID --replace --url URL"));
  }
  DISPATCH_ASSIGN(const auto to, destination_of(asked));
  DISPATCH_ASSIGN(const auto replayed, replayed_by(program, asked, to));
  if (replayed.removed > 0)
    say(program, fmt::format("{} of removed subscriptions; they are skipped",
                             counted(replayed.removed, "delivery is", "deliveries are")));
  const auto& affected = replayed.affected;
  if (affected.deliveries == 0) {
    say(program, "no finished delivery matches");
    return ExitCode::delivered;
  }
  put_destinations(affected, asked.json, asked.dry_run);
  if (asked.dry_run) {
    say(program, fmt::format("{} would be made again, in order per entity; nothing was changed",
                             counted(affected.deliveries, "delivery", "deliveries")));
  } else {
    say(program,
        fmt::format("{} made again, in order per entity; {}",
                    counted(affected.deliveries, "delivery is", "deliveries are"), who_goes_on(program)));
  }
  return ExitCode::delivered;
}

Result<std::optional<DeliveryState>> parse_final_state(std::string_view text) {
  const auto state = parse_delivery_state(text);
  if (!state || !is_final(*state)) return misuse("'{}' is neither completed nor failed", text);
  return state;
}

}  // namespace

void add_replay_command(Command app, Program& program) {
  const auto asked = std::make_shared<Replay>();
  Command command = app.add_subcommand("replay", "Repeat finished deliveries");
  command.footer(replay_footer);
  command.add_option("--subscription", asked->subscription, "Deliveries of this subscription")
      .type_name("ID");
  add_name_options(command, asked->names);
  add_file_option(command, asked->names);
  command.add_option("--to", asked->to, "Send direct deliveries to this URL instead").type_name("URL");
  command.add_option("--since", asked->since, "Events accepted then or later: 2h ago, a day or a time")
      .type_name("TIME");
  command.add_option("--until", asked->until, "Events accepted before then").type_name("TIME");
  add_type_option(command, asked->names);
  add_value(command, "--state", asked->selection.state, parse_final_state,
            "completed or failed; else both, also what an operator cancelled or discarded")
      .type_name("STATE");
  command.add_flag("--all", asked->all, "All finished deliveries, without a condition");
  command.add_flag("--dry-run", asked->dry_run, "Only count the deliveries; change nothing");
  command.add_flag("--json", asked->json, "One JSON object a line");
  command.callback(
      [&program, asked] { program.action = [&program, asked] { return replay(program, *asked); }; });
}

}  // namespace dispatch::cli
