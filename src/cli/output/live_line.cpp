#include "cli/output/live_line.hpp"

#include "base/text/printable.hpp"

#include <vector>

#include <fmt/format.h>
#include <spdlog/sinks/sink.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace dispatch::cli {
namespace {

constexpr std::string_view erase = "\r\x1b[K";

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : 79U;
}

}  // namespace

/// Stands before the sinks of another logger.
class LiveLine::Sink final : public spdlog::sinks::sink {
 public:
  Sink(LiveLine& line, std::vector<spdlog::sink_ptr> sinks) : line_(line), sinks_(std::move(sinks)) {}

  void log(const spdlog::details::log_msg& message) override {
    const std::scoped_lock lock{line_.mutex_};
    if (!line_.shown_.empty()) line_.output_->write(erase);
    for (const auto& one : sinks_) one->log(message);
    if (!line_.shown_.empty()) line_.output_->write(line_.shown_);
  }
  void flush() override {
    for (const auto& one : sinks_) one->flush();
  }
  // The sinks behind keep the form they were given.
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  LiveLine& line_;
  std::vector<spdlog::sink_ptr> sinks_;
};

LiveLine::~LiveLine() {
  show({});
}

void LiveLine::show(std::string_view text) {
  const std::scoped_lock lock{mutex_};
  if (text.empty() && shown_.empty()) return;
  shown_ = printable(text.substr(0, terminal_width()));
  output_->write(fmt::format("{}{}", erase, shown_));
}

void LiveLine::print(std::string_view lines) {
  const auto safe = printable_lines(lines);
  const std::scoped_lock lock{mutex_};
  if (shown_.empty()) return output_->write(safe);
  output_->write(fmt::format("{}{}{}", erase, safe, shown_));
}

std::shared_ptr<spdlog::logger> LiveLine::logger(const spdlog::logger& log) {
  auto above = std::make_shared<spdlog::logger>(log.name(), std::make_shared<Sink>(*this, log.sinks()));
  above->set_level(log.level());
  return above;
}

}  // namespace dispatch::cli
