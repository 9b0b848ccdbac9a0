#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::ingest {

/// Selects the rejected lines to warn about: the first five for each kind of reason. The others are counted.
class RejectWarnings {
 public:
  /// True if a warning about the line, rejected for `reason`, should be shown.
  bool note(std::string_view reason);

  /// What was not shown since the last call, one text for each kind of reason: "12,345 more lines were
  /// rejected for reasons like this: ...".
  std::vector<std::string> take_left_out();

 private:
  struct Kind {
    std::string example;
    std::uint64_t seen = 0;
    std::uint64_t left_out = 0;
  };
  std::map<std::string, Kind, std::less<>> kinds_;
};

/// `reason` without the parts that differ from line to line: numbers and quoted text.
std::string kind_of_reason(std::string_view reason);

}  // namespace dispatch::ingest
