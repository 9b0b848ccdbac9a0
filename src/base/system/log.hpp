#pragma once

#include "base/system/patient_output.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <spdlog/formatter.h>
#include <spdlog/logger.h>

namespace dispatch {

/// How messages are written to stderr.
struct LogOptions {
  enum class Format { text, json };
  Format format = Format::text;
  spdlog::level::level_enum level = spdlog::level::info;
};

/// A thread-safe logger to `output`. Text: "dispatch: message". JSON: one object for each line with time,
/// level and message. It is passed to its users; there is no default logger.
std::shared_ptr<spdlog::logger> make_log(const LogOptions& options, std::shared_ptr<PatientOutput> output);

/// A named detail of a message, for searching in logs.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double> value;
};

/// Logs `message`, which happened at `time`, with fields. Text: `message key=value ...`; a value that is not
/// plain is quoted and escaped as in JSON, and a key loses its ending "_id". JSON: one member for each field.
void log_with(spdlog::logger& log, spdlog::level::level_enum level, spdlog::log_clock::time_point time,
              std::string_view message, std::span<const LogField> fields);

/// The formatter for a log format; for custom sinks.
std::unique_ptr<spdlog::formatter> log_formatter(LogOptions::Format format);

/// A logger without output, for tests and for libraries that got no logger.
std::shared_ptr<spdlog::logger> silent_log();

}  // namespace dispatch
