#pragma once

#include "base/clock.hpp"
#include "flow/intake/inbox.hpp"
#include "flow/observe/observer.hpp"
#include "ingest/rejects/reject_sink.hpp"
#include "journal/journal.hpp"
#include "routing/router.hpp"

#include <memory>

#include <spdlog/logger.h>

namespace dispatch::flow {

/// What accepting events needs. All of it must outlive the call.
struct Acceptance {
  journal::Journal& journal;
  Inbox& inbox;
  ingest::RejectSink& rejects;  ///< of sources that have none of their own, besides the journal's queue
  const Clock& clock;
  std::shared_ptr<spdlog::logger> log;
  routing::Router& router;       ///< of the thread that works; its catalog is kept as the journal is
  Observer* observer = nullptr;  ///< null: none
};

}  // namespace dispatch::flow
