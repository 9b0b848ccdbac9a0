#pragma once

#include "base/system/log.hpp"
#include "flow/dispatcher.hpp"
#include "flow/follower.hpp"
#include "ingest/rejects/rejects_file.hpp"
#include "support/journal/memory_roster.hpp"
#include "support/scripted_transport.hpp"
#include "unit/flow/model/world.hpp"

#include <iterator>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace dispatch::test {

inline const std::shared_ptr<spdlog::logger>& no_log() {
  static const auto log = silent_log();
  return log;
}

/// Stands between the dispatcher and the transport.
class World::Watch final : public delivery::Transport {
 public:
  Watch(World& world, delivery::Reports& reports)
      : scripted(reports, world.setting_.rules.ahead == 0 ? std::numeric_limits<std::size_t>::max()
                                                          : world.setting_.rules.per_host),
        world_(world) {}
  void send(std::vector<Outgoing> batch) override {
    world_.check_intents(batch);
    scripted.send(std::move(batch));
    world_.check_limits();
  }
  void withdraw() override { scripted.withdraw(); }
  void abort() override { scripted.abort(); }

  ScriptedTransport scripted;

 private:
  World& world_;
};

/// The dispatcher's process.
struct World::Process {
  struct PostBox final : delivery::Reports {
    void put(std::vector<delivery::Report> reports) override {
      std::move(reports.begin(), reports.end(), std::back_inserter(mail.reports));
    }
    flow::Mail mail;
  };

  Process(World& world, std::unique_ptr<journal::Journal> its_journal)
      : journal(std::move(its_journal)),
        rejects(world.rejects_path_),
        transport(world, post),
        context{{*journal, inbox, rejects, world.clock_, no_log(), router}, transport, world.random_, roster},
        intake(context, world.options_, shared_stats),
        dispatcher(context, world.options_, intake, shared_stats) {}

  std::unique_ptr<journal::Journal> journal;
  flow::Inbox inbox;  // asked for by the seam, not used between turns
  ingest::RejectsFile rejects;
  flow::SharedStats shared_stats;
  routing::Router router = routing::Router::make(std::nullopt).value();
  PostBox post;
  Watch transport;
  MemoryRoster roster;
  flow::RunContext context;
  flow::Intake intake;
  flow::Dispatcher dispatcher;
};

/// A process that appends events to a journal that another one dispatches, and follows.
struct World::Elsewhere {
  Elsewhere(World& world, std::unique_ptr<journal::Journal> its_journal)
      : journal(std::move(its_journal)),
        rejects(world.rejects_path_),
        acceptance{*journal, inbox, rejects, world.clock_, no_log(), router},
        intake(acceptance, world.options_, shared_stats),
        follower(acceptance, intake, shared_stats) {}

  std::unique_ptr<journal::Journal> journal;
  flow::Inbox inbox;
  ingest::RejectsFile rejects;
  flow::SharedStats shared_stats;
  routing::Router router = routing::Router::make(std::nullopt).value();
  flow::Acceptance acceptance;
  flow::Intake intake;
  flow::Follower follower;
};

}  // namespace dispatch::test
