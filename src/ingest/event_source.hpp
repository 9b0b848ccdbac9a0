#pragma once

#include "base/error.hpp"
#include "ingest/batch/batch.hpp"
#include "ingest/rejects/reject_sink.hpp"

#include <optional>

namespace dispatch::ingest {

/// The interface of sources of events: files and standard input, a broker's topics, requests to an API. One
/// thread reads; another one, which writes the journal, calls committed(), possibly at the same time. A
/// source must outlive all its batches.
class EventSource {
 public:
  virtual ~EventSource() = default;

  /// Returns the next events: as soon as there are some and more would need waiting, or when the batch is
  /// full. Waits if there are none. Returns nothing at the end, or after a stop, which is requested through
  /// the implementation and ends the wait. Invalid events are in the batch's rejects and affect no others. A
  /// source that wants the verdicts gives all events receipts; then no event waits for later ones. An error
  /// ends the run: input that is probably not what the user meant, or a source that fails permanently.
  ///
  /// It is called again only when the run has room for another batch, which can take long. A source that must
  /// stay in contact with its broker needs a thread for that.
  virtual Result<std::optional<Batch>> next() = 0;

  /// True if nothing is left to be read. False after an earlier stop.
  virtual bool finished() const = 0;

  /// True if the next event can take long to arrive although the source has not finished.
  virtual bool may_stay_open() const = 0;

  /// All events up to `cursor`, the cursor of a batch, are decided and durably committed, so a source that
  /// keeps its position can save it now. Cursors come in order; a batch that the run has not decided
  /// completely gets no call. Must not block.
  virtual void committed(Cursor cursor) noexcept = 0;

  /// Where the rejects of this source are kept. Null: in the journal's queue and the run's own sink.
  virtual RejectSink* reject_sink() { return nullptr; }

 protected:
  EventSource() = default;
  EventSource(const EventSource&) = default;
  EventSource& operator=(const EventSource&) = default;
};

}  // namespace dispatch::ingest
