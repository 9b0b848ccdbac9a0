#include "cli/run/dry_run.hpp"

#include "cli/options/delivery_schemes.hpp"
#include "cli/output/listing.hpp"
#include "cli/output/run_stats_text.hpp"
#include "cli/program.hpp"
#include "flow/intake/destination_check.hpp"
#include "flow/intake/feed.hpp"
#include "flow/observe/missing_order.hpp"
#include "ingest/reader.hpp"
#include "ingest/rejects/reject_warnings.hpp"
#include "journal/journal_reader.hpp"
#include "journal/store.hpp"
#include "operations/subscriptions/subscription_file.hpp"
#include "routing/router.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

/// Hosts counted one by one; an input may name millions.
constexpr std::size_t hosts_most = 1'000;

struct Findings {
  std::uint64_t events = 0;
  std::uint64_t unmatched = 0;
  std::uint64_t rejected = 0;
  std::uint64_t unread = 0;     ///< inputs, not to their ends
  std::uint64_t elsewhere = 0;  ///< to hosts beyond those counted
  std::map<std::string, std::uint64_t, std::less<>> by_host;
  flow::MissingOrder missing_order;
  flow::ElsewhereCount own_urls;

  explicit Findings(flow::OrderPointers pointers) : missing_order(std::move(pointers)) {}

  void count(const Arrival& arrival, const routing::Router& router) {
    ++events;
    if (router.goes_elsewhere(arrival)) own_urls.note(arrival.routes.front().url);
    missing_order.note(arrival);
    if (arrival.routes.empty()) ++unmatched;
    for (const Route& route : arrival.routes) {
      if (const auto known = by_host.find(route.host); known != by_host.end())
        ++known->second;
      else if (by_host.size() < hosts_most)
        by_host.emplace(route.host, 1);
      else
        ++elsewhere;
    }
  }
};

void print(const Findings& findings) {
  put_out(fmt::format("{} {} would be accepted, {} {} rejected\n", count_text(findings.events),
                      findings.events == 1 ? "event" : "events", count_text(findings.rejected),
                      findings.rejected == 1 ? "line" : "lines"));
  const auto row = [](std::uint64_t count, std::string_view one, std::string_view many,
                      std::string_view rest) {
    put_out(fmt::format("{:>13}  {} {}\n", count_text(count), count == 1 ? one : many, rest));
  };
  for (const auto& [host, count] : findings.by_host) row(count, "delivery", "deliveries", "to " + host);
  if (findings.elsewhere > 0) row(findings.elsewhere, "delivery", "deliveries", "to other hosts");
  if (findings.unmatched > 0) row(findings.unmatched, "event", "events", "for no subscription, sent nowhere");
  put_out(elsewhere_table(findings.own_urls.found()));
  for (const flow::MissingField& missing : findings.missing_order.found())
    put_out(fmt::format("{:>13}  {}\n", count_text(missing.lines), missing_text(missing)));
}

/// Those of the journal, where there is one, as they would be with the subscriptions file applied.
Result<std::shared_ptr<routing::Catalog>> present_subscriptions(const Program& program,
                                                                const InputOptions& options) {
  std::map<std::string, Subscription> all;
  if (program.store->may_exist()) {
    DISPATCH_ASSIGN(const auto reader, program.store->read());
    DISPATCH_TRY(reader->subscriptions([&](const journal::SubscriptionRecord& record) {
      all.insert_or_assign(record.subscription.id, record.subscription);
      return true;
    }));
  }
  if (!options.subscriptions.empty()) {
    DISPATCH_ASSIGN(const auto declared,
                    operations::read_subscriptions(options.subscriptions, delivery_schemes));
    for (const auto& one : declared) all.insert_or_assign(one.subscription.id, one.subscription);
  }
  std::vector<Subscription> subscriptions;
  subscriptions.reserve(all.size());
  for (auto& [id, subscription] : all) subscriptions.push_back(std::move(subscription));
  DISPATCH_ASSIGN(auto snapshot,
                  routing::Snapshot::make(std::make_shared<const SubscriptionSet>(std::move(subscriptions))));
  auto catalog = std::make_shared<routing::Catalog>();
  catalog->publish(std::move(snapshot));
  return catalog;
}

}  // namespace

Result<ExitCode> dry_run(const Program& program, const InputOptions& options, const FileRoles& files) {
  if (options.files.empty()) return misuse("--dry-run needs input; name a file, or - for standard input");
  DISPATCH_ASSIGN(auto pointers, order_pointers(options));
  DISPATCH_ASSIGN(auto reading, reader_options(options));
  DISPATCH_TRY(files.check());
  reading.files = &files;
  DISPATCH_ASSIGN(auto catalog, present_subscriptions(program, options));
  DISPATCH_ASSIGN(auto router, make_router(options, std::move(catalog)));
  auto reader = ingest::Reader::open(options.files, std::move(reading), std::stop_token{});
  if (!reader) return tl::unexpected(std::move(reader).error());

  Findings findings{std::move(pointers)};
  flow::DestinationCheck destinations;
  ingest::RejectWarnings warnings;
  const auto take_in = [&](flow::Incoming& incoming) {
    if (incoming.without_destination) return false;
    for (const auto& warning : incoming.batch.warnings) program.log->warn("{}", warning);
    if (!router.accepts_unmatched()) flow::reject_unrouted(incoming, {});
    for (const Arrival& arrival : incoming.batch.arrivals) findings.count(arrival, router);
    for (const ingest::Reject& reject : incoming.batch.rejects) {
      if (!reject.first) continue;
      ++findings.rejected;
      if (warnings.note(reject.reason)) program.log->warn("{}", ingest::describe(reject));
    }
    for (const ingest::UnreadInput& input : incoming.batch.unread) {
      ++findings.unread;
      program.log->warn("{}", ingest::describe(input));
    }
    return true;
  };
  const auto take_all = [&](std::vector<flow::Incoming> checked) {
    return std::all_of(checked.begin(), checked.end(), take_in);
  };
  while (!(options.stop_on_reject && findings.rejected > 0)) {
    DISPATCH_ASSIGN(auto batch, reader->next());
    if (!batch) break;
    if (!take_all(destinations.take(flow::route(std::move(*batch), router), router)))
      return tl::unexpected(flow::no_destination());
  }
  if (!take_all(destinations.end())) return tl::unexpected(flow::no_destination());
  for (const auto& text : warnings.take_left_out()) program.log->warn("{}", text);
  print(findings);
  return findings.rejected + findings.unread > 0 ? ExitCode::rejected : ExitCode::delivered;
}

}  // namespace dispatch::cli
