#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace dispatch::test {

/// A name that leads to these addresses, in this order, for every look-up of this process, for as long as the
/// object lives: getaddrinfo() of a program that uses this header is our own. What is no such name is looked
/// up as usual. Thread-safe.
class Name {
 public:
  Name(std::string name, std::vector<std::string> addresses);
  ~Name();
  Name(const Name&) = delete;
  Name& operator=(const Name&) = delete;

  const std::string& text() const { return name_; }
  /// From the next look-up on; no addresses: there is no such name.
  void lead_to(std::vector<std::string> addresses);
  /// How long each look-up takes from now on.
  void take(std::chrono::milliseconds time);
  /// Look-ups so far.
  std::size_t lookups() const;

 private:
  const std::string name_;
};

/// The name that always leads to this IPv4 address: "127-0-0-1.address.test" to 127.0.0.1. So do all names
/// below it, as "h7.127-0-0-1.address.test".
std::string name_of(std::string address);

/// A file of names for a program that is started with the same getaddrinfo() as LD_PRELOAD, and finds the
/// file in DISPATCH_TEST_NAMES: lines "NAME ADDRESS...", read at each look-up. Replaced as a whole.
inline constexpr const char* names_variable = "DISPATCH_TEST_NAMES";

/// What stands for an IPv4 address in the URLs of test receivers: the address itself, or, where the
/// environment holds DISPATCH_TEST_BY_NAME, its name. So every test can be run both ways.
std::string host_in_urls(const std::string& address);

}  // namespace dispatch::test
