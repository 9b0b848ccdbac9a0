#pragma once

#include "base/clock.hpp"
#include "delivery/http/address/unresponsive_addresses.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

namespace dispatch::delivery {

/// Decides to which of a host's addresses one attempt may connect: only to public ones if the attempt
/// requires that, and to an address that failed before only if no other answers. Handles one attempt at a
/// time.
class AddressChoice {
 public:
  /// `unresponsive` is borrowed; failed addresses are added to it.
  explicit AddressChoice(UnresponsiveAddresses& unresponsive) : unresponsive_(unresponsive) {}

  /// Starts the next attempt.
  void begin(bool public_only);

  /// True if the attempt may connect to this address now.
  bool admits(const sockaddr& address, SteadyTime now);
  /// Call it before a request is sent on a new or kept connection to this address. Returns false if the
  /// request must not be sent.
  bool admits_request(const std::string& ip, int port, SteadyTime now);

  /// Call it if no connection was made. Returns true if addresses were skipped: all are admitted from now on,
  /// and the caller begins again.
  bool start_over();
  /// Call it when the attempt has ended without a connection: the skipped addresses are then no better than
  /// those that were tried.
  void none_answered();

  struct Denied {
    std::string address;
    std::string_view kind;  ///< what kind of address it is, as words that follow "is"
  };
  /// An address that was not allowed, if no other one was tried.
  const std::optional<Denied>& denied() const { return denied_; }

 private:
  UnresponsiveAddresses& unresponsive_;
  bool public_only_ = false;
  bool all_ = false;  ///< true: skip no address
  std::vector<std::string> tried_, passed_over_;
  std::optional<Denied> denied_;
};

}  // namespace dispatch::delivery
