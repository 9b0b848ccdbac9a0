#include "bench/callgrind.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

/// A thread begins with a function of one of these.
struct Role {
  std::string_view function;
  double Instructions::*figure;
};
constexpr std::array roles{Role{"dispatch::flow::Feed::", &Instructions::reader},
                           Role{"dispatch::delivery::HttpTransport::", &Instructions::transport}};
/// The main thread executes this.
constexpr Role main_role{"dispatch::flow::Dispatcher::turn", &Instructions::dispatcher};

/// Whose thread begins with the function; nothing for all other functions.
const Role* role_of(std::string_view function) {
  if (!function.starts_with("std::thread::_State_impl<") || !function.ends_with("::_M_run()")) return nullptr;
  const auto found = std::find_if(roles.begin(), roles.end(), [&](const Role& role) {
    return function.find(role.function) != std::string_view::npos;
  });
  return found == roles.end() ? nullptr : found;
}

/// The functions of one file. Callgrind writes a name once, "(7) name", and then "(7)".
class FunctionNames {
 public:
  /// Nothing if the name was never written.
  std::string_view resolve(std::string_view text) {
    const auto end = text.find(')');
    if (!text.starts_with('(') || end == std::string_view::npos) return text;
    int id = 0;
    std::from_chars(text.data() + 1, text.data() + end, id);
    auto& name = names_[id];
    if (end + 2 < text.size()) name = text.substr(end + 2);
    return name;
  }

 private:
  std::unordered_map<int, std::string> names_;
};

std::optional<std::string_view> after(std::string_view prefix, std::string_view line) {
  return line.starts_with(prefix) ? std::optional{line.substr(prefix.size())} : std::nullopt;
}

}  // namespace

void add_profile(std::istream& file, Instructions& instructions) {
  FunctionNames names;
  const Role* called_role = nullptr;
  bool dispatches = false, call = false;
  double of_roles = 0;
  std::optional<double> total;
  for (std::string line; std::getline(file, line);) {
    if (std::exchange(call, false) && called_role != nullptr) {
      // A line of the caller's source, and what the call has cost with all that it called.
      const double cost = std::stod(line.substr(line.rfind(' ') + 1));
      instructions.*called_role->figure += cost;
      of_roles += cost;
    } else if (const auto called = after("cfn=", line)) {
      called_role = role_of(names.resolve(*called));
    } else if (line.starts_with("calls=")) {
      call = true;
    } else if (const auto executed = after("fn=", line)) {
      dispatches = dispatches || names.resolve(*executed).starts_with(main_role.function);
    } else if (const auto count = after("totals: ", line)) {
      total = std::stod(std::string{*count});
    }
  }
  if (!total) throw std::runtime_error{"a file of callgrind has no total"};
  (dispatches ? instructions.dispatcher : instructions.others) += *total - of_roles;
}

Instructions read_profiles(const std::filesystem::path& out) {
  Instructions sum;
  for (const auto& entry : std::filesystem::directory_iterator{out.parent_path()}) {
    // Behind the name stands a dash and the number of the thread.
    if (!entry.path().filename().string().starts_with(out.filename().string() + '-')) continue;
    std::ifstream file{entry.path()};
    add_profile(file, sum);
  }
  for (const auto& [function, figure] : roles)
    if (sum.*figure == 0)
      throw std::runtime_error{fmt::format("no thread runs {}: is it renamed?", function)};
  return sum;
}

Instructions per_event(const Instructions& many, const Instructions& few, std::uint64_t more_events) {
  const auto of_event = [&](double Instructions::*figure) {
    return (many.*figure - few.*figure) / static_cast<double>(more_events);
  };
  return {of_event(&Instructions::dispatcher), of_event(&Instructions::transport),
          of_event(&Instructions::reader), of_event(&Instructions::others)};
}

}  // namespace dispatch::bench
