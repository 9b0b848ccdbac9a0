#include "ingest/format/detected_frames.hpp"

#include "base/text/shell_text.hpp"

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace dispatch::ingest {
namespace {

std::string command_for(const ForeignFormat& format, const TextSource& text) {
  if (format.command.empty()) return {};
  const std::string file = text.name() == "-" ? "FILE" : shell_word(text.name());
  if (text.commands().empty()) return fmt::format("{} {} | dispatch run -", format.command, file);
  if (format.piped_command.empty()) return {};
  std::string command;
  for (const auto layer : text.commands())
    command += command.empty() ? fmt::format("{} {} | ", layer, file) : fmt::format("{} | ", layer);
  return command + fmt::format("{} | dispatch run -", format.piped_command);
}

}  // namespace

DetectedFrames::DetectedFrames(std::unique_ptr<Source> source, const TextSource& text, FormatOptions options)
    : source_(std::make_unique<Lookahead>(std::move(source))),
      text_(text),
      options_(std::move(options)),
      detector_(options_.event_most, options_.records.has_value()) {}

Result<std::optional<Frame>> DetectedFrames::next(Wait wait) {
  if (!frames_) {
    DISPATCH_TRY(detect(wait));
    if (!frames_) return std::nullopt;
  }
  return frames_->next(wait);
}

Result<> DetectedFrames::detect(Wait wait) {
  while (true) {
    switch (source_->seen().empty() && !source_->ended()
                ? FormatDetector::Format::undecided
                : detector_.look(source_->seen(), source_->ended())) {
      case FormatDetector::Format::undecided:
        break;
      case FormatDetector::Format::lines:
        options_.format = InputFormat::lines;
        frames_ = frames_of(std::move(source_), std::move(options_));
        return {};
      case FormatDetector::Format::json:
        options_.format = InputFormat::json;
        frames_ = frames_of(std::move(source_), std::move(options_));
        return {};
      case FormatDetector::Format::sequence:
        options_.format = InputFormat::sequence;
        frames_ = frames_of(std::move(source_), std::move(options_));
        return {};
      case FormatDetector::Format::foreign:
        return refusal();
    }
    if (wait == Wait::never && !source_->ready_further()) return {};
    DISPATCH_TRY(source_->look_further());
  }
}

tl::unexpected<Error> DetectedFrames::refusal() const {
  const auto& format = detector_.foreign();
  std::string message = fmt::format("{} is {}; nothing of it was read or sent",
                                    text_.name() == "-" ? "standard input" : text_.name(), format.what);
  if (const auto command = command_for(format, text_); !command.empty())
    message += fmt::format("; make JSON lines of it: {}{}", command,
                           format.advice.empty() ? "" : fmt::format(" ({})", format.advice));
  else
    message +=
        fmt::format("; {}, or make JSON lines of it", format.advice.empty() ? "convert it" : format.advice);
  if (format.text) message += "; --input-format lines reads it line by line anyway";
  return misuse("{}", message);
}

}  // namespace dispatch::ingest
