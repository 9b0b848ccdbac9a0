#include "delivery/http/address/address_choice.hpp"

#include <chrono>
#include <string>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime start{};
constexpr int port = 80;
const std::string first = "127.0.0.2", second = "127.0.0.3";

bool admits(AddressChoice& choice, const std::string& ip, SteadyTime now = start) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  REQUIRE(::inet_pton(AF_INET, ip.c_str(), &address.sin_addr) == 1);
  return choice.admits(reinterpret_cast<const sockaddr&>(address), now);
}

/// An attempt that tries the first address in vain and reaches the second.
void learn(AddressChoice& choice, SteadyTime now = start) {
  choice.begin(false);
  REQUIRE(admits(choice, first, now));
  REQUIRE(admits(choice, second, now));
  REQUIRE(choice.admits_request(second, port, now));
}

}  // namespace

TEST_CASE("an address that was tried in vain is passed over while another answers") {
  UnresponsiveAddresses unresponsive;
  AddressChoice choice{unresponsive};
  learn(choice);
  choice.begin(false);
  CHECK_FALSE(admits(choice, first));
  CHECK(admits(choice, second));
  CHECK(choice.admits_request(second, port, start));
  CHECK_FALSE(choice.denied());
  CHECK(unresponsive.size() == 1);
}

TEST_CASE("after a rest one attempt tries the address again and the others go on avoiding it") {
  UnresponsiveAddresses unresponsive;
  AddressChoice one{unresponsive}, other{unresponsive};
  learn(one);
  const auto later = start + UnresponsiveAddresses::rest;
  one.begin(false);
  other.begin(false);
  CHECK_FALSE(admits(one, first, later - 1ms));
  CHECK(admits(one, first, later));
  CHECK_FALSE(admits(other, first, later));
  CHECK(one.admits_request(first, port, later));
  CHECK(admits(other, first, later));
  CHECK(unresponsive.size() == 0);
}

TEST_CASE("where no other address answers those that were passed over are tried at once") {
  UnresponsiveAddresses unresponsive;
  AddressChoice choice{unresponsive};
  learn(choice);
  choice.begin(false);
  CHECK_FALSE(admits(choice, first));
  CHECK(choice.start_over());
  CHECK(admits(choice, first));
  CHECK(choice.admits_request(first, port, start));
  CHECK_FALSE(choice.start_over());
}

TEST_CASE("after an attempt without any connection no address is passed over") {
  UnresponsiveAddresses unresponsive;
  AddressChoice choice{unresponsive};
  learn(choice);
  choice.begin(false);
  CHECK_FALSE(admits(choice, first));
  CHECK(admits(choice, second));
  choice.none_answered();
  choice.begin(false);
  CHECK(admits(choice, first));
}

TEST_CASE("where all addresses fail none is held to be worse than the others") {
  UnresponsiveAddresses unresponsive;
  AddressChoice choice{unresponsive};
  choice.begin(false);
  CHECK(admits(choice, first));
  CHECK(admits(choice, second));
  choice.none_answered();
  CHECK(unresponsive.size() == 0);
}

TEST_CASE("an address that is not public is denied only where no other one was tried") {
  UnresponsiveAddresses unresponsive;
  AddressChoice choice{unresponsive};
  choice.begin(true);
  CHECK_FALSE(admits(choice, first));
  REQUIRE(choice.denied());
  CHECK(choice.denied()->address == first);
  CHECK(admits(choice, "8.8.8.8"));
  CHECK_FALSE(choice.denied());
  CHECK_FALSE(admits(choice, first));
  CHECK_FALSE(choice.denied());
  CHECK_FALSE(choice.admits_request(first, port, start));
  CHECK(choice.denied());
}

TEST_CASE("only so many addresses are remembered") {
  UnresponsiveAddresses unresponsive{3};
  for (int i = 0; i < 5; ++i) unresponsive.failed(std::to_string(i), start + std::chrono::seconds{i});
  CHECK(unresponsive.size() == 3);
  CHECK_FALSE(unresponsive.avoids("1", start + 5s));
  CHECK(unresponsive.avoids("4", start + 5s));
}
