#include "cli/listing.hpp"
#include "cli/option_values.hpp"
#include "cli/program.hpp"
#include "cli/subscription_commands.hpp"
#include "cli/subscription_fields.hpp"
#include "policy/rate.hpp"

#include <limits>
#include <memory>

#include <CLI/CLI.hpp>

namespace dispatch::cli {
namespace {

constexpr const char* footer =
    R"(An event goes to every subscription whose patterns match its type. Changes hold
from the next event on, also for a run that is on.

EXIT STATUS
  0  done
  1  the journal could not be read or written
  2  usage, or there is no such subscription or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch subscription add billing --url https://example.com/hook \
      --types 'order.*' --generate-secret
  dispatch subscription list
  dispatch subscription pause billing --reason 'receiver moves'
  dispatch subscription apply subscriptions.json --dry-run)";

constexpr WholeNumber position{1, std::numeric_limits<std::int64_t>::max()};

struct Asked {
  SubscriptionAddition addition;
  SecretRotation rotation;
  SubscriptionsToApply apply;
  std::string id;
  std::string reason;
  bool discard = false;
  bool json = false;
};

void add_what(CLI::App& add, Subscription& subscription) {
  const std::string group = "What";
  add.add_option("--url", subscription.url, "Where its deliveries go")
      ->type_name("URL")
      ->required()
      ->group(group);
  add.add_option("--types", subscription.event_types,
                 "Event types: order.added, order.*, or *; may be repeated")
      ->type_name("PATTERN,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->required()
      ->group(group);
  add.add_option("--filter", subscription.filter, "A jq program: which of these events are meant")
      ->type_name("JQ")
      ->group(group);
}

void add_how(CLI::App& add, SubscriptionAddition& addition) {
  Subscription& subscription = addition.declared.subscription;
  const std::string group = "Requests";
  add.add_option("--transform", subscription.transform, "A jq program that makes the data of the body")
      ->type_name("JQ")
      ->group(group);
  add_value(add, "--body", subscription.body, parse_body_mode,
            "payload, envelope, cloudevents or cloudevents-binary")
      ->type_name("FORM")
      ->default_str("payload")
      ->group(group);
  add.add_option("--header", addition.headers, "A header of each request; may be repeated")
      ->type_name("'NAME: VALUE'")
      ->allow_extra_args(false)
      ->group(group);
  add_value(add, "--timeout", subscription.timeout, parse_timeout, "For one request, everything included")
      ->type_name("DURATION")
      ->default_str("as the run says")
      ->group(group);
  add.add_flag("--deny-private", subscription.deny_private, "Refuse addresses that are not public")
      ->group(group);
}

void add_limits(CLI::App& add, Subscription& subscription) {
  const std::string group = "Limits and failures";
  add_value(add, "--rate", subscription.rate, policy::parse_rate, "Requests in any stretch of time, or off")
      ->type_name("COUNT/TIME|off")
      ->default_str("100/s")
      ->group(group);
  add_value(add, "--concurrency", subscription.concurrency, parse_concurrency, "Requests at a time")
      ->type_name("N")
      ->default_str("as the host allows")
      ->group(group);
  add_value(add, "--attempts", subscription.attempts, parse_attempts,
            "Attempts until a delivery is a dead letter")
      ->type_name("N")
      ->default_str("as the run says")
      ->group(group);
  add_value(add, "--on-status", subscription.statuses, parse_statuses,
            "What an HTTP status means, as in 409=ok,404=dead")
      ->type_name("STATUS=MEANING,...")
      ->group(group);
}

void add_addition(CLI::App& add, SubscriptionAddition& addition) {
  add.add_option("ID", addition.declared.subscription.id, "Its name")->required();
  add_what(add, addition.declared.subscription);
  add_how(add, addition);
  add_limits(add, addition.declared.subscription);
  add_secret_options(add, addition.declared.secret);
  add_value(add, "--from", addition.from, position,
            "Also what the journal holds from this position on; 1 is the first")
      ->type_name("POSITION");
  add.add_flag("--replace", addition.replace, "Change the subscription where there is one of that id");
}

}  // namespace

void add_subscription_command(CLI::App& app, Program& program) {
  const auto asked = std::make_shared<Asked>();
  CLI::App* subscription =
      app.add_subcommand("subscription", "Add, list, change or remove subscriptions (webhooks)");
  subscription->footer(footer);
  subscription->require_subcommand(1);
  const auto verb = [&](const char* name, const char* help, auto act) {
    CLI::App* command = subscription->add_subcommand(name, help);
    command->footer(footer);
    command->add_flag("--json", asked->json, "One JSON object a line");
    command->callback(
        [&program, asked, act] { program.action = [&program, asked, act] { return act(program, *asked); }; });
    return command;
  };
  const auto with_id = [&](CLI::App* command) {
    command->add_option("ID", asked->id, "The subscription")->required();
    return command;
  };

  CLI::App* add = verb("add", "Add a subscription", [](const Program& on, Asked& what) {
    what.addition.json = what.json;
    return add_subscription(on, what.addition);
  });
  add_addition(*add, asked->addition);

  verb("list", "List subscriptions and what waits for them",
       [](const Program& on, const Asked& what) { return list_subscriptions(on, what.json); });
  with_id(
      verb("show", "Show all of one subscription but its secrets",
           [](const Program& on, const Asked& what) { return show_subscription(on, what.id, what.json); }));

  CLI::App* remove =
      with_id(verb("remove", "Remove a subscription", [](const Program& on, const Asked& what) {
        return remove_subscription(on, what.id, what.discard, what.json);
      }));
  remove->add_flag("--discard", asked->discard, "Give up its deliveries that are not done");

  CLI::App* pause =
      with_id(verb("pause", "Let its deliveries wait", [](const Program& on, const Asked& what) {
        return pause_subscription(on, what.id, what.reason, what.json);
      }));
  pause->add_option("--reason", asked->reason, "Why, for whoever lists it")->type_name("TEXT");
  with_id(verb("resume", "Let its deliveries go again", [](const Program& on, const Asked& what) {
    return resume_subscription(on, what.id, what.json);
  }));

  CLI::App* rotate =
      with_id(verb("rotate-secret", "Sign with a new secret, and for a while with the older one too",
                   [](const Program& on, Asked& what) {
                     what.rotation.id = what.id;
                     what.rotation.json = what.json;
                     return rotate_secret(on, what.rotation);
                   }));
  add_secret_options(*rotate, asked->rotation.secret);
  add_value(*rotate, "--keep", asked->rotation.keep, parse_duration, "How long the older one is used as well")
      ->type_name("DURATION")
      ->default_str("24h");

  CLI::App* apply =
      verb("apply", "Make the subscriptions as a file says", [](const Program& on, Asked& what) {
        what.apply.json = what.json;
        what.apply.discard = what.discard;
        return apply_subscriptions(on, what.apply);
      });
  apply->add_option("FILE", asked->apply.file, "See dispatch-subscriptions(5)")->required();
  apply->add_flag("--prune", asked->apply.prune, "Remove those that are not in the file");
  apply->add_flag("--discard", asked->discard, "With --prune: give up deliveries that are not done");
  apply->add_flag("--dry-run", asked->apply.dry_run, "Say what would change; change nothing");
}

}  // namespace dispatch::cli
