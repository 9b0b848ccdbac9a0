#pragma once

#include "support/network/receiver.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace dispatch::test {

/// The sequence numbers that were handed in, by entity. What is missing between them is a gap to be skipped.
using Submitted = std::map<std::string, std::set<std::int64_t>>;

/// What a receiver saw, held against what was handed in: each number but the first says how often a promise
/// was broken.
struct Account {
  std::size_t completed = 0;                ///< answered well, and the answer was sent
  std::size_t lost = 0;                     ///< handed in and never completed
  std::size_t repeated = 0;                 ///< sent again although it was completed
  std::size_t out_of_order = 0;             ///< sent before one in front of it was completed
  std::size_t overlapping = 0;              ///< sent while another of its entity was open
  std::size_t unheard_of = 0;               ///< sent and never handed in
  std::vector<std::string> repeated_ids{};  ///< of the events behind `repeated`

  bool kept() const { return lost + repeated + out_of_order + overlapping + unheard_of == 0; }
};
std::ostream& operator<<(std::ostream& out, const Account& account);

/// For a receiver that all of `submitted` was meant for, when nothing more will come.
Account account(const std::vector<Received>& received, const Submitted& submitted);

}  // namespace dispatch::test
