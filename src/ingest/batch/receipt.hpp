#pragma once

#include "event/ids.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace dispatch::ingest {

/// What became of one event.
struct Verdict {
  enum class Kind : std::uint8_t {
    accepted,   ///< the journal has it at `position`, with a delivery at least
    unmatched,  ///< the same, but no subscription means it: nothing delivers it
    duplicate,  ///< the journal had it before, with the same content, at `position`
    conflict,   ///< refused for `reason`: the event at `position` has its id or its sequence number
    rejected,   ///< refused for `reason`
    not_taken,  ///< the input ended before it was decided; the journal has nothing of it from here
    unknown,    ///< the journal failed while it was written: it may be there; the same id may be sent again
  };
  Kind kind = Kind::not_taken;
  Position position = {};                       ///< 0: none
  std::optional<SequenceNumber> sequence = {};  ///< as stored, of what the journal has
  std::string reason = {};                      ///< for people, without the origin
};

/// The seam to those who wait for what becomes of events, as an API does that answers its callers.
/// Thread-safe.
class Receipts {
 public:
  virtual ~Receipts() = default;

  /// Called exactly once for each event that has a receipt: as soon as the commit that decided it is durable;
  /// `not_taken` and `unknown` where there is none. `event` is the number that the receipt was made with.
  /// Called by whichever thread decides or drops the event. Must not block.
  virtual void tell(std::uint64_t event, const Verdict& verdict) noexcept = 0;
};

/// Travels with one event and reports its verdict, exactly once: destroyed without a verdict it reports
/// `not_taken`. An empty receipt, of an event that nobody waits for, reports nothing. Used by one thread at a
/// time.
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

  /// Reports the verdict. Does nothing where one was reported before.
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
