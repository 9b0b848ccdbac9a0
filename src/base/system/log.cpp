#include "base/system/log.hpp"

#include "base/clock.hpp"
#include "base/text/json.hpp"
#include "base/text/printable.hpp"
#include "base/text/units.hpp"
#include "base/text/url_text.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>

namespace dispatch {
namespace {

std::string_view view(const spdlog::string_view_t& text) {
  return {text.data(), text.size()};
}

// spdlog hands a formatter one text. A message with fields has the place below as its source, which no text
// can claim, and each of its texts has its length before it.

constexpr char with_fields_name[] = "a message with fields";
constexpr spdlog::source_loc with_fields{with_fields_name, 1, ""};
constexpr char is_text = 't';
constexpr char is_number = 'n';

void append_sized(std::string& out, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  char bytes[sizeof size];
  std::memcpy(bytes, &size, sizeof size);
  out.append(bytes, sizeof size).append(text);
}

/// The texts of a payload, one after the other.
class SizedTexts {
 public:
  explicit SizedTexts(std::string_view rest) : rest_(rest) {}
  bool empty() const { return rest_.empty(); }
  std::string_view next() {
    std::uint32_t size = 0;
    const auto head = std::min(rest_.size(), sizeof size);
    std::memcpy(&size, rest_.data(), head);
    const auto text = rest_.substr(head, size);
    rest_.remove_prefix(head + text.size());
    return text;
  }

 private:
  std::string_view rest_;
};

struct Spoken {
  std::string_view message;
  std::optional<SizedTexts> fields;
};

Spoken spoken(const spdlog::details::log_msg& message) {
  const auto payload = view(message.payload);
  if (message.source.filename != with_fields.filename) return {payload, std::nullopt};
  SizedTexts texts{payload};
  const auto said = texts.next();
  return {said, texts};
}

/// Calls `visit` with the key, the value, and whether that is a number.
template <class Visit>
void each_field(std::optional<SizedTexts> fields, Visit visit) {
  while (fields && !fields->empty()) {
    const auto key = fields->next();
    const auto value = fields->next();
    if (!value.empty()) visit(key, value.substr(1), value.front() == is_number);
  }
}

bool is_plain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '=' && c != '\\';
  });
}

void append_logfmt(std::string& line, std::string_view key, std::string_view value) {
  if (key.ends_with("_id")) key.remove_suffix(3);
  line.append(1, ' ').append(key).append(1, '=');
  const auto shown = without_credentials(value);
  if (is_plain(shown))
    line += shown;
  else
    append_json_string(line, shown);
}

/// "dispatch: message", and the level where it is not plain information. A message is one line, whatever it
/// quotes, and shows of no URL the user name or password.
class TextFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    out.append(std::string_view{"dispatch: "});
    if (message.level >= spdlog::level::warn && message.level < spdlog::level::err)
      out.append(std::string_view{"warning: "});
    const auto said = spoken(message);
    out.append(printable(without_credentials(said.message)));
    std::string fields;
    each_field(said.fields, [&](auto key, auto value, bool) { append_logfmt(fields, key, value); });
    out.append(fields);
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
    const auto said = spoken(message);
    std::string line;
    {
      JsonObject object{line};
      object.add("time", format_time(time))
          .add("level", view(spdlog::level::to_string_view(message.level)))
          .add("message", without_credentials(said.message));
      each_field(said.fields, [&object](auto key, auto value, bool number) {
        if (number)
          object.add_raw(key, value);
        else
          object.add(key, without_credentials(value));
      });
    }
    out.append(line);
    out.push_back('\n');
  }
  std::unique_ptr<formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

class OutputSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit OutputSink(std::shared_ptr<PatientOutput> output) : output_(std::move(output)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    output_->write({line.data(), line.size()});
  }
  void flush_() override {}

  const std::shared_ptr<PatientOutput> output_;
};

}  // namespace

std::shared_ptr<spdlog::logger> make_log(const LogOptions& options, std::shared_ptr<PatientOutput> output) {
  auto log = std::make_shared<spdlog::logger>("dispatch", std::make_shared<OutputSink>(std::move(output)));
  log->set_level(options.level);
  log->set_formatter(log_formatter(options.format));
  return log;
}

std::unique_ptr<spdlog::formatter> log_formatter(LogOptions::Format format) {
  if (format == LogOptions::Format::json) return std::make_unique<JsonFormatter>();
  return std::make_unique<TextFormatter>();
}

void log_with(spdlog::logger& log, spdlog::level::level_enum level, spdlog::log_clock::time_point time,
              std::string_view message, std::span<const LogField> fields) {
  if (!log.should_log(level)) return;
  std::string payload;
  append_sized(payload, message);
  std::string value;
  for (const LogField& field : fields) {
    append_sized(payload, field.key);
    value.clear();
    if (const auto* text = std::get_if<std::string_view>(&field.value))
      value.append(1, is_text).append(*text);
    else if (const auto* whole = std::get_if<std::int64_t>(&field.value))
      fmt::format_to(std::back_inserter(value), "{}{}", is_number, *whole);
    else
      fmt::format_to(std::back_inserter(value), "{}{:.3f}", is_number, std::get<double>(field.value));
    append_sized(payload, value);
  }
  log.log(time, with_fields, level, payload);
}

std::shared_ptr<spdlog::logger> silent_log() {
  return std::make_shared<spdlog::logger>("silent", std::make_shared<spdlog::sinks::null_sink_mt>());
}

}  // namespace dispatch
