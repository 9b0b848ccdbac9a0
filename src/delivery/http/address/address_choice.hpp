#pragma once

#include "base/clock.hpp"
#include "delivery/http/address/unresponsive_addresses.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>

namespace dispatch::delivery {

/// Decides, for one attempt at a time, which of a host's addresses are connected to: none that is not public
/// where only those are allowed, and one that was tried in vain only where no other answers.
class AddressChoice {
 public:
  /// `unresponsive` is borrowed, and learns which addresses are tried in vain.
  explicit AddressChoice(UnresponsiveAddresses& unresponsive) : unresponsive_(unresponsive) {}

  /// Another attempt begins.
  void begin(bool public_only);

  /// True where a connection to this address may be tried now.
  bool admits(const sockaddr& address, SteadyTime now);
  /// A request is about to leave on a connection, new or kept, to this address. False where it may not.
  bool admits_request(const std::string& ip, int port, SteadyTime now);

  /// No connection came about. True where addresses were passed over: all are admitted from now on, and the
  /// caller begins again.
  bool start_over();
  /// The attempt has ended without a connection: what was passed over deserves no less than what was tried.
  void none_answered();

  struct Denied {
    std::string address;
    std::string_view kind;  ///< what it is, in words that follow "is"
  };
  /// An address that was not allowed, where no other one was tried.
  const std::optional<Denied>& denied() const { return denied_; }

 private:
  UnresponsiveAddresses& unresponsive_;
  bool public_only_ = false;
  bool all_ = false;  ///< none is passed over
  std::vector<std::string> tried_, passed_over_;
  std::optional<Denied> denied_;
};

}  // namespace dispatch::delivery
