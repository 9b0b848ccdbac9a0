#include "journal/verify.hpp"

#include <algorithm>

namespace dispatch::journal {

bool VerifyReport::healthy() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const CheckReport& check) { return check.findings == 0 && check.done; });
}

}  // namespace dispatch::journal
