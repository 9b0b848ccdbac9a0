#include "cli/options/delivery_filter_options.hpp"

#include "base/text/shell_text.hpp"
#include "base/text/units.hpp"
#include "base/text/whole_number.hpp"
#include "cli/commands/operator_turn.hpp"
#include "cli/options/delivery_schemes.hpp"
#include "cli/options/option_values.hpp"
#include "cli/options/time_argument.hpp"
#include "cli/output/listing.hpp"
#include "ingest/input_name.hpp"
#include "operations/views/json_fields.hpp"
#include "routing/pattern.hpp"
#include "routing/url.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dispatch::cli {
namespace {

/// An option that may be repeated, with one value each time.
Option add_list(Command command, const std::string& name, std::vector<std::string>& into,
                const std::string& help) {
  return command.add_option(name, into, help).allow_extra_args(false);
}

/// "503", "5xx", or "none" for no answer.
Result<journal::StatusRange> parse_status_range(std::string_view text) {
  if (text == "none") return journal::StatusRange{0, 0};
  const bool digits = text.size() == 3 && text[0] >= '1' && text[0] <= '5';
  if (digits && text.substr(1) == "xx") {
    const int first = (text[0] - '0') * 100;
    return journal::StatusRange{first, first + 99};
  }
  const auto number = WholeNumber{100, 599}(text);
  if (!number)
    return misuse("'{}' is not an HTTP status; write one as 503, a class as 5xx, or none for no answer",
                  text);
  return journal::StatusRange{static_cast<int>(*number), static_cast<int>(*number)};
}

/// As the journal has it: lower case, an IPv6 address without brackets.
std::string host_spelling(std::string text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// The name in "example.com:8080" or "[::1]:8080"; nothing where there is no port behind it.
std::optional<std::string_view> name_before_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto name = text.substr(0, colon);
  const bool bracketed = name.starts_with('[') && name.ends_with(']');
  if (!bracketed && name.find(':') != std::string_view::npos) return std::nullopt;  // an IPv6 address
  return name;
}

Result<> check_host(std::string_view text) {
  if (text.find('/') != std::string_view::npos)
    return misuse(
        "--host '{}' is not the name of a host; name a host as in --host example.com, or a whole URL with "
        "--url",
        text);
  if (const auto name = name_before_port(text))
    return misuse(
        "--host '{}' has a port; a host is a name without port and means all its ports: give --host {}, or "
        "one "
        "whole URL with --url",
        text, *name);
  return {};
}

std::string destinations_json(const operations::Affected& affected) {
  std::string list = "[";
  for (const auto& count : affected.destinations) {
    if (list.size() > 1) list += ',';
    JsonObject object{list};
    operations::add_text(object, "subscription", count.subscription);
    operations::add_text(object, "url", count.url);
    object.add("pending", count.pending)
        .add("retry_wait", count.retry_wait)
        .add("dead_letter", count.dead_letter);
  }
  return list += ']';
}

void put_destinations(const operations::Affected& affected) {
  using Align = Table::Align;
  Table table{{{"SUBSCRIPTION"},
               {"PENDING", Align::right},
               {"RETRY WAIT", Align::right},
               {"DEAD", Align::right},
               {"TO"}},
              put_out};
  for (const auto& count : affected.destinations)
    table.row({count.subscription.empty() ? "direct" : count.subscription, std::to_string(count.pending),
               std::to_string(count.retry_wait), std::to_string(count.dead_letter),
               count.url.empty() ? "other destinations" : count.url});
  table.finish();
}

}  // namespace

void add_name_options(Command command, DeliveryFilterOptions& asked) {
  add_list(command, "--event", asked.names.events, "Deliveries of this event; may be repeated")
      .type_name("ID");
  add_list(command, "--entity", asked.names.entities, "Deliveries of this entity; may be repeated")
      .type_name("ID");
  add_list(command, "--host", asked.names.hosts, "Deliveries to this host; may be repeated")
      .type_name("HOST");
  add_list(command, "--url", asked.names.urls, "Deliveries to this URL; may be repeated").type_name("URL");
}

void add_filter_options(Command command, DeliveryFilterOptions& asked) {
  add_name_options(command, asked);
  add_list(command, "--subscription", asked.names.subscriptions,
           "Deliveries of this subscription; may be repeated")
      .type_name("ID");
}

void add_change_options(Command command, DeliveryFilterOptions& asked) {
  command.add_flag("--all", asked.all, "All of them, without a condition");
  command.add_flag("--dry-run", asked.dry_run, "Only count them; change nothing");
  command.add_flag("--json", asked.json, "One JSON object a line");
}

void add_type_option(Command command, DeliveryFilterOptions& asked) {
  add_list(command, "--type", asked.names.types,
           "Deliveries of events of these types: order.added or order.*")
      .type_name("PATTERN");
}

void add_file_option(Command command, DeliveryFilterOptions& asked) {
  add_list(command, "--file", asked.names.inputs, "Deliveries of events from this file; - for stdin")
      .type_name("FILE");
}

void add_event_options(Command command, DeliveryFilterOptions& asked) {
  add_file_option(command, asked);
  add_type_option(command, asked);
  command
      .add_option("--accepted-since", asked.accepted_since,
                  "Deliveries of events accepted since: 2h, a day or a time")
      .type_name("WHEN");
}

void add_dead_letter_options(Command command, DeliveryFilterOptions& asked) {
  add_type_option(command, asked);
  command
      .add_texts_option(
          "--status",
          [&asked](const std::string& text) -> Result<> {
            DISPATCH_ASSIGN(const auto range, parse_status_range(text));
            asked.names.statuses.push_back(range);
            return {};
          },
          "Deliveries last answered with this status: 503, 5xx, or none for no answer; may be repeated")
      .allow_extra_args(false)
      .type_name("STATUS");
  command.add_option("--since", asked.dead_since, "Dead letters since: 2h, a day or a time")
      .type_name("WHEN");
}

Result<journal::DeliveryFilter> meant(const DeliveryFilterOptions& asked, WallTime now) {
  journal::DeliveryFilter meant = asked.names;
  DISPATCH_TRY(read_time_argument(asked.accepted_since, now, meant.accepted_since));
  DISPATCH_TRY(read_time_argument(asked.dead_since, now, meant.dead_since));
  for (auto& input : meant.inputs) input = ingest::input_name(input);
  for (auto& host : meant.hosts) {
    DISPATCH_TRY(check_host(host));
    host = host_spelling(host);
  }
  for (auto& url : meant.urls) {
    auto parsed = routing::parse_url(url, delivery_schemes);
    if (!parsed) return misuse("--url {}", parsed.error().message);
    url = std::move(parsed->text);
  }
  for (const auto& type : meant.types) {
    DISPATCH_TRY(routing::Pattern::parse(type));
  }
  return meant;
}

Result<journal::DeliveryFilter> meant_by_operator(const DeliveryFilterOptions& asked, std::string_view what,
                                                  WallTime now) {
  if (asked.conditioned() == asked.all) {
    return misuse("select {} with conditions, as in --entity ID or --url URL, or all of them with --all",
                  what);
  }
  return meant(asked, now);
}

Result<> check_known(const journal::JournalReader& reader, const journal::DeliveryFilter& meant) {
  DISPATCH_ASSIGN(const auto unknown, reader.unknown_names(meant));
  if (!unknown.empty()) return misuse("the journal knows no {}", fmt::join(unknown, ", no "));
  return {};
}

std::vector<std::string> replay_conditions(const journal::DeliveryFilter& meant) {
  std::string common;
  const auto add = [&](std::string_view option, const std::vector<std::string>& values) {
    for (const auto& value : values) common += fmt::format(" {} {}", option, shell_word(value));
  };
  add("--event", meant.events);
  add("--entity", meant.entities);
  add("--host", meant.hosts);
  add("--url", meant.urls);
  add("--file", meant.inputs);
  if (meant.accepted_since) common += " --since " + format_time(*meant.accepted_since);
  std::vector<std::string> all{common};
  const auto each_of = [&](std::string_view option, const std::vector<std::string>& values) {
    if (values.empty()) return;
    std::vector<std::string> more;
    for (const auto& before : all)
      for (const auto& value : values)
        more.push_back(before + fmt::format(" {} {}", option, shell_word(value)));
    all = std::move(more);
  };
  each_of("--subscription", meant.subscriptions);
  each_of("--type", meant.types);
  return all;
}

void tell_affected(const Program& program, const DeliveryFilterOptions& asked,
                   const operations::Affected& affected, const ChangeWords& words) {
  if (asked.json) {
    put_json([&](JsonObject& object) {
      object.add(words.done, affected.deliveries)
          .add("dry_run", asked.dry_run)
          .add_raw("destinations", destinations_json(affected));
      if (words.lanes_left) object.add("left_lanes", *words.lanes_left);
      if (words.repeated_lanes_left) object.add("left_repeated_lanes", *words.repeated_lanes_left);
      if (!words.exact) object.add("exact", false);
      if (words.circuits) object.add("circuits", *words.circuits);
      if (words.holds) object.add("holds", *words.holds);
      if (words.tells_what_is_left) {
        object.add("left_in_flight", affected.in_flight).add("left_dead_letters", affected.dead_letters);
      }
    });
  } else if (asked.dry_run && affected.deliveries > 0) {
    put_destinations(affected);
  }
  if (affected.deliveries == 0) {
    say(program, words.nothing);
  } else if (asked.dry_run) {
    say(program, fmt::format("{}{} would be {}; nothing was changed", words.exact ? "" : "about ",
                             counted(affected.deliveries, "delivery", "deliveries"), words.done));
  } else {
    say(program, fmt::format("{} {}; {}", words.done, counted(affected.deliveries, "delivery", "deliveries"),
                             who_goes_on(program)));
  }
  if (!words.tells_what_is_left) return;
  if (affected.in_flight > 0)
    say(program, fmt::format("{} in flight and not changed; {}",
                             counted(affected.in_flight, "delivery is", "deliveries are"),
                             is_run_on(program)
                                 ? "what is under way ends by itself"
                                 : "the run that sent it has ended, and the next one goes on with it: " +
                                       command_on(program, "run")));
  if (affected.dead_letters > 0) {
    say(program, fmt::format("{} not changed; see: {}",
                             counted(affected.dead_letters, "dead letter is", "dead letters are"),
                             command_on(program, "dlq list")));
  }
}

void tell_redirected(const Program& program, const DeliveryFilterOptions& asked,
                     const operations::Redirected& redirected, std::string_view nothing) {
  const bool left = redirected.busy_lanes + redirected.repeated_lanes > 0;
  tell_affected(program, asked, redirected.affected,
                {.done = "redirected",
                 .nothing = left ? "nothing could be redirected now" : nothing,
                 .lanes_left = redirected.busy_lanes,
                 .repeated_lanes_left = redirected.repeated_lanes,
                 .exact = redirected.exact});
  if (redirected.busy_lanes > 0) {
    say(program,
        fmt::format("{} left, as {}", counted(redirected.busy_lanes, "lane is", "lanes are"),
                    is_run_on(program)
                        ? "a request is under way; give the same command again"
                        : "a run ended while a request was under way; give the same command again after: " +
                              command_on(program, "run")));
  }
  if (redirected.repeated_lanes > 0) {
    say(program, fmt::format("{} left, as another replay of the same events is on its way to that host; "
                             "give the same command again when it has arrived",
                             counted(redirected.repeated_lanes, "lane is", "lanes are")));
  }
  if (redirected.of_subscriptions > 0) {
    say(program, fmt::format("{} left: deliveries of a subscription go to its own URL; change it with: {}",
                             counted(redirected.of_subscriptions, "delivery is", "deliveries are"),
                             command_on(program, "subscription add ID --replace --url URL")));
  }
  if (!asked.dry_run && redirected.affected.deliveries > 0)
    say(program,
        "lines that come later with the old URL or the old --to still go there, in lanes of their own");
}

}  // namespace dispatch::cli
