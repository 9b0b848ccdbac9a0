#include "ingest/reader.hpp"

#include "base/system/fd.hpp"
#include "ingest/format/open_frames.hpp"
#include "ingest/framing/frame.hpp"
#include "ingest/input_name.hpp"
#include "ingest/line/line_parser.hpp"
#include "ingest/rejects/reject_record.hpp"
#include "ingest/source/file_source.hpp"
#include "ingest/source/stream_source.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dispatch::ingest {
namespace {

constexpr std::string_view standard_input = "-";

tl::unexpected<Error> cannot_open(const std::string& path) {
  return misuse("cannot open {}: {}; nothing was read or sent", path, errno_text(errno));
}

/// Finds what can be found out without disturbing the input: opening a pipe and closing it again would.
Result<> check(const std::string& path) {
  struct stat status {};
  if (path == standard_input) {
    // What was closed when the program began is open for writing only: base/system/standard_descriptors.hpp.
    const int flags = fcntl(STDIN_FILENO, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
      return misuse("standard input is closed; give a file, or input to '-'");
    return {};
  }
  if (stat(path.c_str(), &status) != 0) return cannot_open(path);
  if (S_ISDIR(status.st_mode)) return misuse("{} is a directory; give the files in it", path);
  if (S_ISREG(status.st_mode)) {
    if (const Fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC)}; !file) return cannot_open(path);
  } else if (access(path.c_str(), R_OK) != 0) {
    return cannot_open(path);
  }
  return {};
}

Result<std::unique_ptr<Source>> open_source(const std::string& path, const FileRoles* files,
                                            const std::stop_token& stop) {
  // Non-blocking only for the opening: a named pipe whose writer is not there yet is waited for where a stop
  // is heard.
  Fd file{path == standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                 : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0) return fail("cannot open {}: {}", path, errno_text(errno));
  if (files != nullptr) DISPATCH_TRY(files->check_opened(file.get(), path));
  if (S_ISREG(status.st_mode)) return std::make_unique<FileSource>(path, std::move(file));
  return StreamSource::make(path, std::move(file), stop);
}

FormatOptions format_of(const ReaderOptions& options) {
  return {options.format, options.records, options.line_most};
}

/// Reads the begin of a regular file as far as its format shows. What else may be wrong with it is found when
/// it is read.
Result<> check_format(const std::string& path, const ReaderOptions& options, const std::stop_token& stop) {
  if (stop.stop_requested()) return {};
  struct stat status {};
  if (path == standard_input || stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  DISPATCH_ASSIGN(auto source, open_source(path, options.files, stop));
  const Warn later = [](const std::string&) {};
  const auto begin = open_frames(std::move(source), format_of(options), later, stop)->next(Frames::Wait::may);
  if (stop.stop_requested()) return {};  // what was seen was cut short
  if (!begin && begin.error().failure == Failure::usage) return tl::unexpected(begin.error());
  return {};
}

bool may_be_long_in_coming(const std::string& path) {
  struct stat status {};
  return path == standard_input || stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode);
}

std::shared_ptr<const InputName> name_of(std::string path) {
  auto recorded = input_name(path);
  return std::make_shared<const InputName>(InputName{std::move(path), std::move(recorded)});
}

/// One source under way: its frames and its name.
struct Input {
  std::unique_ptr<Frames> frames;
  std::shared_ptr<const InputName> name;
};

}  // namespace

class Reader::Impl {
 public:
  Impl(std::vector<std::string> paths, ReaderOptions options, std::stop_token stop)
      : paths_(std::make_shared<const std::vector<std::string>>(std::move(paths))),
        options_(std::move(options)),
        stop_(std::move(stop)),
        parser_(options_.mapping),
        may_stay_open_(std::any_of(paths_->begin(), paths_->end(), may_be_long_in_coming)) {}

  Result<std::optional<Batch>> next();
  bool finished() const { return inputs_done_ == paths_->size(); }
  bool may_stay_open() const { return may_stay_open_; }

 private:
  /// Fills the batch until it is full or the input has no more; waits only for the first line.
  Result<> fill(Batch& batch);
  /// Adds what the source under way, or the next one, has; false where that would have to be waited for.
  Result<bool> read_some(Batch& batch, TextStore& store);
  Result<> open_next();
  void leave_input(Batch& batch);
  void add(Batch& batch, TextStore& store, const Frame& frame);
  void add_whole(Batch& batch, TextStore& store, Origin origin);
  const std::shared_ptr<const InputName>& recorded_name(std::string file);
  bool full(const Batch& batch) const {
    return batch.origins.size() + batch.rejects.size() >= options_.batch_events ||
           batch.bytes >= options_.batch_bytes;
  }
  bool at_end() const { return !input_ && next_path_ == paths_->size(); }

  std::shared_ptr<const std::vector<std::string>> paths_;
  ReaderOptions options_;
  std::stop_token stop_;
  LineParser parser_;
  const bool may_stay_open_;
  RejectRecordReader records_;
  std::shared_ptr<const InputName> recorded_;  ///< that the last record of a rejects file names
  Cursor cursor_;
  std::size_t next_path_ = 0;
  std::optional<Input> input_;
  std::size_t inputs_done_ = 0;        ///< Batch::inputs_done
  std::uint64_t last_line_ = 0;        ///< of the source under way, or of the last one
  std::vector<std::string> warnings_;  ///< for the batch under way
  std::optional<Error> error_;         ///< met behind lines that were good; the next call says it
};

Result<std::optional<Batch>> Reader::Impl::next() {
  if (error_) return tl::unexpected(*error_);
  if (stop_.stop_requested()) return std::nullopt;
  Batch batch;
  batch.inputs = paths_;
  auto filled = fill(batch);
  if (input_) input_->frames->hand_over(batch.text);
  const bool stopped = stop_.stop_requested();
  if (!filled && !stopped) error_ = std::move(filled).error();
  batch.warnings = std::exchange(warnings_, {});
  batch.inputs_done = inputs_done_;
  batch.cursor = cursor_ = Cursor{cursor_.value() + 1};
  if (batch.bytes > 0 || !batch.rejects.empty() || !batch.unread.empty() || !batch.warnings.empty())
    return batch;
  if (error_) return tl::unexpected(*error_);
  return std::nullopt;
}

Result<> Reader::Impl::fill(Batch& batch) {
  TextStore store{batch.text};
  while (!full(batch) && !at_end()) {
    const auto read = read_some(batch, store);
    if (!read && stop_.stop_requested())
      return {};  // it cuts its input short, which is no fault of the input
    if (!read && read.error().failure == Failure::usage) return tl::unexpected(read.error());
    if (!read) {
      batch.unread.push_back({(*paths_)[next_path_ - 1], last_line_, read.error().message});
      leave_input(batch);
    } else if (!*read) {
      return {};
    }
    if (!input_ && stop_.stop_requested()) return {};
  }
  return {};
}

Result<bool> Reader::Impl::read_some(Batch& batch, TextStore& store) {
  if (!input_) DISPATCH_TRY(open_next());
  const bool nothing_yet = batch.origins.empty() && batch.rejects.empty() && batch.unread.empty();
  DISPATCH_ASSIGN(const auto frame,
                  input_->frames->next(nothing_yet ? Frames::Wait::may : Frames::Wait::never));
  const bool ended = input_->frames->ended();
  if (!frame && !ended) return false;
  const bool cut_short = frame && !frame->terminated && stop_.stop_requested();
  if (frame && !cut_short) add(batch, store, *frame);
  if (ended) leave_input(batch);
  return true;
}

Result<> Reader::Impl::open_next() {
  const std::string& path = (*paths_)[next_path_++];
  last_line_ = 0;
  DISPATCH_ASSIGN(auto source, open_source(path, options_.files, stop_));
  const Warn warn = [this](std::string message) { warnings_.push_back(std::move(message)); };
  input_.emplace(Input{open_frames(std::move(source), format_of(options_), warn, stop_), name_of(path)});
  return {};
}

void Reader::Impl::leave_input(Batch& batch) {
  if (input_) input_->frames->hand_over(batch.text);
  input_.reset();
  // After a stop a source says that it is at its end, whatever follows.
  if (!stop_.stop_requested()) inputs_done_ = next_path_;
}

void Reader::Impl::add(Batch& batch, TextStore& store, const Frame& frame) {
  batch.bytes += frame.bytes;
  last_line_ = frame.line;
  Origin origin{
      input_->name, frame.line, frame.text, frame.element, static_cast<std::uint32_t>(next_path_ - 1),
      frame.line};
  if (frame.too_long) {
    batch.rejects.push_back({std::move(origin),
                             fmt::format("the {} is longer than {} bytes; --max-line sets the limit",
                                         frame.element > 0 ? "element" : "line", options_.line_most),
                             frame.first, frame.last});
    return;
  }
  if (!frame.fault.empty()) {
    batch.rejects.push_back({std::move(origin), std::string{frame.fault}});
    return;
  }
  if (auto record = records_.read(frame.text, store)) {
    origin.from = recorded_name(std::move(record->file));
    origin.number = record->line;
    origin.text = record->text;
    origin.element = 0;
  }
  add_whole(batch, store, std::move(origin));
}

/// Most records of a rejects file follow one of the same file.
const std::shared_ptr<const InputName>& Reader::Impl::recorded_name(std::string file) {
  if (!recorded_ || recorded_->shown != file) recorded_ = name_of(std::move(file));
  return recorded_;
}

void Reader::Impl::add_whole(Batch& batch, TextStore& store, Origin origin) {
  if (origin.text.find_first_not_of(" \t\r") == std::string_view::npos) {
    ++batch.blank;
    return;
  }
  auto event = parser_.parse(origin.text, store);
  if (!event) {
    batch.rejects.push_back({std::move(origin), std::move(event).error()});
    return;
  }
  batch.arrivals.push_back(*event);
  batch.arrivals.back().input = origin.from->recorded;
  batch.origins.push_back(std::move(origin));
}

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::open(std::vector<std::string> paths, ReaderOptions options, std::stop_token stop) {
  for (const auto& path : paths) DISPATCH_TRY(check(path));
  if (std::count(paths.begin(), paths.end(), standard_input) > 1)
    return misuse("standard input ('-') is given twice; it can be read only once");
  for (const auto& path : paths) DISPATCH_TRY(check_format(path, options, stop));
  return Reader{std::make_unique<Impl>(std::move(paths), std::move(options), std::move(stop))};
}

Result<std::optional<Batch>> Reader::next() {
  return impl_->next();
}

bool Reader::finished() const {
  return impl_->finished();
}

bool Reader::may_stay_open() const {
  return impl_->may_stay_open();
}

}  // namespace dispatch::ingest
