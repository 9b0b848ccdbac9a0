#pragma once

#include "ingest/event_source.hpp"
#include "ingest/framing/frame.hpp"
#include "ingest/line/line_parser.hpp"

#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::test {

/// A source in memory, which is read as a broker's would be: a partition of a topic whose messages are put in
/// by the test, and which writes down how far it is told that they are durable. Thread-safe.
class MemoryEventSource final : public ingest::EventSource {
 public:
  /// With `receipts`, which is told of every event by its offset. `rejects`: its own sink; borrowed.
  explicit MemoryEventSource(std::shared_ptr<ingest::Receipts> receipts = nullptr,
                             ingest::RejectSink* rejects = nullptr)
      : receipts_(std::move(receipts)), rejects_(rejects) {}

  /// The messages that the next call of next() that finds none before them gives, as one batch.
  void put(std::vector<std::string> messages) {
    {
      const std::scoped_lock lock{mutex_};
      waiting_.push_back(std::move(messages));
    }
    news_.notify_all();
  }
  /// Nothing follows what was put in.
  void end() { say(ended_); }
  void stop() { say(stopped_); }

  Result<std::optional<ingest::Batch>> next() override {
    std::unique_lock lock{mutex_};
    news_.wait(lock, [&] { return stopped_ || ended_ || !waiting_.empty(); });
    if (stopped_ || waiting_.empty()) return std::nullopt;
    const auto messages = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    return batch_of(messages);
  }
  bool finished() const override {
    const std::scoped_lock lock{mutex_};
    return ended_ && waiting_.empty();
  }
  bool may_stay_open() const override { return true; }
  void committed(ingest::Cursor cursor) noexcept override {
    const std::scoped_lock lock{mutex_};
    committed_.push_back(cursor);
  }
  ingest::RejectSink* reject_sink() override { return rejects_; }

  /// The cursors that it was told are durable, in the order in which it was told.
  std::vector<ingest::Cursor> committed() const {
    const std::scoped_lock lock{mutex_};
    return committed_;
  }

 private:
  void say(bool& what) {
    {
      const std::scoped_lock lock{mutex_};
      what = true;
    }
    news_.notify_all();
  }

  ingest::Batch batch_of(const std::vector<std::string>& messages) {
    ingest::Batch batch;
    ingest::TextStore store{batch.text};
    for (const std::string& message : messages) {
      const std::uint64_t offset = offset_++;
      char* const text = store.room(message.size() + ingest::frame_padding);
      std::memcpy(text, message.data(), message.size());
      std::memset(text + message.size(), ' ', ingest::frame_padding);
      ingest::Origin origin{.from = name_,
                            .number = offset,
                            .text = {text, message.size()},
                            .element = 0,
                            .input = 0,
                            .input_number = offset};
      ingest::Receipt receipt = receipts_ ? ingest::Receipt{receipts_, offset} : ingest::Receipt{};
      auto event = parser_.parse(origin.text, store);
      if (!event) {
        batch.rejects.push_back(
            {std::move(origin), std::move(event).error(), true, true, std::move(receipt)});
        continue;
      }
      event->input = name_->recorded;
      batch.arrivals.push_back(*event);
      batch.origins.push_back(std::move(origin));
      if (receipt) batch.receipts.push_back(std::move(receipt));
    }
    batch.cursor = ingest::Cursor{offset_};
    return batch;
  }

  const std::shared_ptr<ingest::Receipts> receipts_;
  ingest::RejectSink* const rejects_;
  const std::shared_ptr<const ingest::InputName> name_ = std::make_shared<const ingest::InputName>(
      ingest::InputName{"orders[3]", "kafka://broker.test/orders", ingest::InputName::Counts::messages});
  ingest::LineParser parser_{ingest::Mapping{}};
  std::uint64_t offset_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::deque<std::vector<std::string>> waiting_;
  std::vector<ingest::Cursor> committed_;
  bool ended_ = false;
  bool stopped_ = false;
};

}  // namespace dispatch::test
