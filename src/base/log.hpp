#pragma once

#include <memory>
#include <string>

#include <spdlog/logger.h>

namespace dispatch {

/// How talk is written to stderr.
struct LogOptions {
  enum class Format { text, json };
  Format format = Format::text;
  spdlog::level::level_enum level = spdlog::level::info;
};

/// A logger to stderr, safe for every thread. Text: "dispatch: message". JSON: one object a line with time,
/// level and message. Given to whoever talks; there is no default logger.
std::shared_ptr<spdlog::logger> make_log(const LogOptions& options);

/// A logger that says nothing, for tests and for libraries that were given none.
std::shared_ptr<spdlog::logger> silent_log();

}  // namespace dispatch
