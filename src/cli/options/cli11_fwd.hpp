#pragma once

// CLI11 takes seconds to compile. Headers only forward-declare its types; <CLI/CLI.hpp> is for the .cpp files
// that call it.
namespace CLI {
class App;
class Option;
}  // namespace CLI
