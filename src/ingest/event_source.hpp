#pragma once

#include "base/error.hpp"
#include "ingest/batch/batch.hpp"
#include "ingest/rejects/reject_sink.hpp"

#include <optional>

namespace dispatch::ingest {

/// The seam to where events come from: files and standard input, a broker's topics, requests to an API. One
/// thread reads, and another one, which writes the journal, calls committed(), perhaps at the same time.
/// Outlives every batch that it has given.
class EventSource {
 public:
  virtual ~EventSource() = default;

  /// The next events: as soon as some are there and no more can be had without waiting, or the batch is full.
  /// Waits where there are none. Nothing at the end, or after a stop, which is requested from the
  /// implementation and ends the waiting. What cannot be an event is in the batch's rejects and costs nothing
  /// else. Events have receipts where the source wants to know what becomes of them: then all of them have,
  /// and none waits for what comes later. An error ends the run: input that cannot be what was meant, or a
  /// source that fails for good.
  ///
  /// It is called again only when the run has room for another batch, which may take long. A source that has
  /// to stay in touch with its broker meanwhile has a thread for that.
  virtual Result<std::optional<Batch>> next() = 0;

  /// Returns true where nothing is left to be read. False after a stop that came before.
  virtual bool finished() const = 0;

  /// Returns true where the next event may be long in coming, although the source has not finished.
  virtual bool may_stay_open() const = 0;

  /// All that was read up to `cursor`, which is that of a batch, is decided, and the commit that did so is
  /// durable: a source that remembers how far it was read may do so now. Cursors come in their order; that of
  /// a batch that the run has not decided to its end never comes. Must not block.
  virtual void committed(Cursor cursor) noexcept = 0;

  /// What keeps the rejects of this source. Null: the journal's queue, and the run's own sink.
  virtual RejectSink* reject_sink() { return nullptr; }

 protected:
  EventSource() = default;
  EventSource(const EventSource&) = default;
  EventSource& operator=(const EventSource&) = default;
};

}  // namespace dispatch::ingest
