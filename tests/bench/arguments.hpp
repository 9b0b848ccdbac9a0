#pragma once

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace dispatch::bench {

/// The arguments of a benchmark's program: "--name value", and "--name" for a flag. Throws
/// std::invalid_argument on anything else.
class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string_view name = argv[i];
      if (!name.starts_with("--")) throw std::invalid_argument{std::string{name} + ": expected --name value"};
      auto& value = given_[std::string{name.substr(2)}];
      if (i + 1 < argc && !std::string_view{argv[i + 1]}.starts_with("--")) value = argv[++i];
    }
  }

  bool flag(const std::string& name) {
    const auto found = given_.extract(name);
    if (found && found.mapped()) throw std::invalid_argument{"--" + name + " takes no value"};
    return !found.empty();
  }

  std::string text(const std::string& name, const std::string& otherwise) {
    return value_of(name).value_or(otherwise);
  }

  std::uint64_t number(const std::string& name, std::uint64_t otherwise) {
    const auto text = value_of(name);
    if (!text) return otherwise;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc{} || end != text->data() + text->size())
      throw std::invalid_argument{"--" + name + ": '" + *text + "' is not a whole number"};
    return value;
  }

  /// To be called when all have been asked for: what is left was not meant for this program.
  void done() const {
    if (!given_.empty()) throw std::invalid_argument{"--" + given_.begin()->first + ": no such option"};
  }

 private:
  std::optional<std::string> value_of(const std::string& name) {
    const auto found = given_.extract(name);
    if (!found) return std::nullopt;
    if (!found.mapped()) throw std::invalid_argument{"--" + name + ": expected a value"};
    return found.mapped();
  }

  std::map<std::string, std::optional<std::string>> given_;  // without a value: a flag
};

/// The main() of a benchmark's program: the exit code is what `body` returns, 2 where the arguments are not
/// right, 1 where something fails; why is said on stderr.
template <class Body>
int run_program(const char* name, int argc, char** argv, const Body& body) {
  try {
    Arguments arguments{argc, argv};
    return body(arguments);
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 1;
  }
}

}  // namespace dispatch::bench
