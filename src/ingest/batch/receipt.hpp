#pragma once

#include "event/ids.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace dispatch::ingest {

/// The result for one event.
struct Verdict {
  enum class Kind : std::uint8_t {
    accepted,   ///< the journal has it at `position`, with at least one delivery
    unmatched,  ///< the journal has it at `position`, without delivery, because no subscription selects it
    duplicate,  ///< the journal already had it at `position`, with the same content
    conflict,   ///< refused for `reason`: the event at `position` has its id or sequence number
    rejected,   ///< refused for `reason`
    not_taken,  ///< the input ended before it was decided; the journal does not have it from here
    unknown,  ///< the journal failed during the write and may have it; the sender may send the same id again
  };
  Kind kind = Kind::not_taken;
  Position position = {};                       ///< 0: none
  std::optional<SequenceNumber> sequence = {};  ///< as stored
  std::string reason = {};                      ///< for people, without the origin
};

/// Receives the verdicts on events, such as for an API that answers its callers. Thread-safe.
class Receipts {
 public:
  virtual ~Receipts() = default;

  /// Called exactly once for each event with a receipt: when the commit that decided it is durable; with
  /// `not_taken` or `unknown` if there is no such commit. `event` is the number with which the receipt was
  /// created. Called by the thread that decides or drops the event. Must not block.
  virtual void tell(std::uint64_t event, const Verdict& verdict) noexcept = 0;
};

/// Belongs to one event and reports its verdict exactly once; destroyed without a verdict it reports
/// `not_taken`. An empty receipt reports nothing. Used by one thread at a time.
class Receipt {
 public:
  Receipt() = default;
  Receipt(std::shared_ptr<Receipts> receipts, std::uint64_t event)
      : receipts_(std::move(receipts)), event_(event) {}
  Receipt(Receipt&& other) noexcept = default;
  Receipt& operator=(Receipt&& other) noexcept {
    if (this == &other) return *this;
    drop();
    receipts_ = std::move(other.receipts_);
    event_ = other.event_;
    return *this;
  }
  Receipt(const Receipt&) = delete;
  Receipt& operator=(const Receipt&) = delete;
  ~Receipt() { drop(); }

  explicit operator bool() const { return receipts_ != nullptr; }

  /// Reports the verdict. Does nothing if one was reported before.
  void tell(const Verdict& verdict) noexcept {
    if (const auto receipts = std::exchange(receipts_, nullptr)) receipts->tell(event_, verdict);
  }

 private:
  void drop() noexcept {
    if (receipts_) tell({.kind = Verdict::Kind::not_taken});
  }

  std::shared_ptr<Receipts> receipts_;
  std::uint64_t event_ = 0;
};

}  // namespace dispatch::ingest
