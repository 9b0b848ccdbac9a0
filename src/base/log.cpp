#include "base/log.hpp"

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/units.hpp"

#include <spdlog/formatter.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace dispatch {
namespace {

std::string_view view(const spdlog::string_view_t& text) {
  return {text.data(), text.size()};
}

/// "dispatch: message", and the level where it is not plain information.
class TextFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    out.append(std::string_view{"dispatch: "});
    if (message.level >= spdlog::level::warn && message.level < spdlog::level::err)
      out.append(std::string_view{"warning: "});
    out.append(view(message.payload));
    out.push_back('\n');
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<TextFormatter>(); }
};

/// spdlog's pattern does not escape, so a quote in a message would break the line: we write the object
/// ourselves.
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const auto time = std::chrono::time_point_cast<std::chrono::microseconds>(message.time);
    std::string line;
    JsonObject{line}
        .add("time", format_time(time))
        .add("level", view(spdlog::level::to_string_view(message.level)))
        .add("message", view(message.payload));
    out.append(line);
    out.push_back('\n');
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

}  // namespace

std::shared_ptr<spdlog::logger> make_log(const LogOptions& options) {
  auto log = std::make_shared<spdlog::logger>("dispatch", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  log->set_level(options.level);
  if (options.format == LogOptions::Format::json)
    log->set_formatter(std::make_unique<JsonFormatter>());
  else
    log->set_formatter(std::make_unique<TextFormatter>());
  return log;
}

std::shared_ptr<spdlog::logger> silent_log() {
  return std::make_shared<spdlog::logger>("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
}

}  // namespace dispatch
