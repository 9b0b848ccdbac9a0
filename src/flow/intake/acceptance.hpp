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

/// What accepting events needs. Everything must outlive the call.
struct Acceptance {
  journal::Journal& journal;
  Inbox& inbox;
  ingest::RejectSink&
      rejects;  ///< for sources without reject sinks of their own, in addition to the journal's queue
  const Clock& clock;
  std::shared_ptr<spdlog::logger> log;
  routing::Router& router;  ///< used by the calling thread; its catalog is kept up to date with the journal
  Observer* observer = nullptr;  ///< null: none
};

}  // namespace dispatch::flow
