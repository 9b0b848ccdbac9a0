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

/// How talk is written to stderr.
struct LogOptions {
  enum class Format { text, json };
  Format format = Format::text;
  spdlog::level::level_enum level = spdlog::level::info;
};

/// A logger to `output`, safe for every thread. Text: "dispatch: message". JSON: one object a line with time,
/// level and message. Given to whoever talks; there is no default logger.
std::shared_ptr<spdlog::logger> make_log(const LogOptions& options, std::shared_ptr<PatientOutput> output);

/// Something about a message, by name, that a reader of logs may look for.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double> value;
};

/// Says `message`, which happened at `time`, with fields. Text: `message key=value ...`, a value in quotes
/// and escaped as in JSON where it is not plain, a key without "_id" at its end. JSON: a member for each.
void log_with(spdlog::logger& log, spdlog::level::level_enum level, spdlog::log_clock::time_point time,
              std::string_view message, std::span<const LogField> fields);

/// What writes a line of that format; for sinks of one's own.
std::unique_ptr<spdlog::formatter> log_formatter(LogOptions::Format format);

/// A logger that says nothing, for tests and for libraries that were given none.
std::shared_ptr<spdlog::logger> silent_log();

}  // namespace dispatch
