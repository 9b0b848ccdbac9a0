#pragma once

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace dispatch::bench {

/// The arguments of a benchmark's program: "--name value" only. Throws std::invalid_argument on anything
/// else.
class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int i = 1; i < argc; i += 2) {
      const std::string_view name = argv[i];
      if (!name.starts_with("--") || i + 1 == argc)
        throw std::invalid_argument{std::string{name} + ": expected --name value"};
      given_[std::string{name.substr(2)}] = argv[i + 1];
    }
  }

  std::string text(const std::string& name, const std::string& otherwise) {
    const auto found = given_.extract(name);
    return found ? found.mapped() : otherwise;
  }

  std::uint64_t number(const std::string& name, std::uint64_t otherwise) {
    const auto found = given_.extract(name);
    if (!found) return otherwise;
    const auto& text = found.mapped();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
      throw std::invalid_argument{"--" + name + ": '" + text + "' is not a whole number"};
    return value;
  }

  /// To be called when all have been asked for: what is left was not meant for this program.
  void done() const {
    if (!given_.empty()) throw std::invalid_argument{"--" + given_.begin()->first + ": no such option"};
  }

 private:
  std::map<std::string, std::string> given_;
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
