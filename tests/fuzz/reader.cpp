// The whole way in: files and streams to events and rejected lines. Every line is accepted, rejected or
// blank, and what was rejected stands in the rejects file as it stood in the input.

#include "ingest/reader.hpp"

#include "base/system/fd.hpp"
#include "base/text/base64.hpp"
#include "fuzz/input.hpp"
#include "fuzz/one_line.hpp"
#include "fuzz/property.hpp"
#include "ingest/rejects/rejects_file.hpp"
#include "ingest/source/compression/compression.hpp"
#include "ingest/source/nul_skipping_source.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace dispatch;
using namespace dispatch::ingest;
using namespace dispatch::test;

namespace {

constexpr std::size_t pipe_most = 60'000;

std::string path_of(const Fd& file) {
  return fmt::format("/proc/self/fd/{}", file.get());
}

void write_all(const Fd& file, std::string_view text) {
  PROPERTY(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

Fd memory_file(std::string_view text) {
  Fd file{memfd_create("fuzz", MFD_CLOEXEC)};
  PROPERTY(file.get() >= 0);
  write_all(file, text);
  return file;
}

/// The end to read from of a pipe that holds `text` and nothing behind it.
Fd pipe_of(std::string_view text) {
  std::array<int, 2> ends{};
  PROPERTY(::pipe2(ends.data(), O_CLOEXEC) == 0);
  Fd in{ends[0]};
  const Fd out{ends[1]};
  write_all(out, text.substr(0, pipe_most));
  return in;
}

std::string content_of(const Fd& file) {
  std::string text(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
  PROPERTY(::pread(file.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  return text;
}

/// The lines of a text by their numbers, blank ones left out.
using Numbered = std::map<std::uint64_t, std::string>;

Numbered lines_of(std::string_view text) {
  Numbered lines;
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const auto newline = text.find('\n');
    auto line = text.substr(0, newline);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    if (newline != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    lines.emplace(number, line);
  }
  return lines;
}

struct Read {
  Numbered accepted, rejected;
  std::uint64_t blank = 0, bytes = 0;
};

Read read_all(const std::string& path, const ReaderOptions& options, RejectsFile& file) {
  auto reader = Reader::open({path}, options, {});
  PROPERTY(reader.has_value());
  Read read;
  while (true) {
    auto batch = reader->next();
    PROPERTY(batch.has_value());
    if (!*batch) break;
    PROPERTY((*batch)->arrivals.size() == (*batch)->origins.size());
    PROPERTY((*batch)->origins.size() + (*batch)->rejects.size() <= options.batch_events);
    for (const auto& origin : (*batch)->origins) {
      PROPERTY(origin.text.size() <= options.line_most);
      PROPERTY(read.accepted.emplace(origin.number, origin.text).second);
    }
    for (const auto& reject : (*batch)->rejects) {
      PROPERTY(is_fit_to_show(reject.reason));
      PROPERTY(reject.first == !read.rejected.contains(reject.origin.number));
      read.rejected[reject.origin.number] += reject.origin.text;
      PROPERTY(file.keep({&reject, 1}).value_or(0) == 1);
    }
    PROPERTY(file.flush().has_value());
    read.blank += (*batch)->blank;
    read.bytes += (*batch)->bytes;
  }
  PROPERTY(file.finish().has_value());
  return read;
}

void append_text(std::string& text, const simdjson::dom::object& record, std::string_view key, bool encoded) {
  std::string_view value;
  if (record.at_key(key).get(value) != simdjson::SUCCESS) return;
  if (!encoded) {
    text += value;
    return;
  }
  const auto decoded = decode_base64(value);
  PROPERTY(decoded.has_value());
  text += *decoded;
}

Numbered records_in(const std::string& file) {
  Numbered records;
  simdjson::dom::parser parser;
  for (std::size_t at = 0; at < file.size();) {
    const auto end = file.find('\n', at);
    PROPERTY(end != std::string::npos);
    simdjson::dom::object record;
    PROPERTY(parser.parse(file.data() + at, end - at).get(record) == simdjson::SUCCESS);
    std::uint64_t number = 0;
    PROPERTY(record.at_key("line").get(number) == simdjson::SUCCESS);
    std::string text;
    append_text(text, record, "text", false);
    append_text(text, record, "text_base64", true);
    append_text(text, record, "rest_base64", true);
    PROPERTY(records.emplace(number, std::move(text)).second);
    at = end + 1;
  }
  return records;
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

/// A file with a name, removed at the end: a rejects file is not reached through a link, as those in /proc
/// are.
class NamedFile {
 public:
  NamedFile() : fd_(::mkstemp(name_.data())) { PROPERTY(fd_.get() >= 0); }
  NamedFile(const NamedFile&) = delete;
  NamedFile& operator=(const NamedFile&) = delete;
  ~NamedFile() { ::unlink(name_.c_str()); }
  const std::string& name() const { return name_; }
  std::string content() const { return content_of(fd_); }

 private:
  std::string name_ = std::filesystem::temp_directory_path() / "dispatch-fuzz-XXXXXX";
  Fd fd_;
};

void check(const std::string& path, std::string_view text, const ReaderOptions& options) {
  const NamedFile rejects;
  RejectsFile file{rejects.name()};
  const auto read = read_all(path, options, file);
  PROPERTY(read.bytes == text.size());
  PROPERTY(file.lines() == read.rejected.size());
  PROPERTY(records_in(rejects.content()) == read.rejected);

  std::uint64_t blank = 0;
  for (const auto& [number, line] : lines_of(text)) {
    const bool accepted = read.accepted.contains(number), rejected = read.rejected.contains(number);
    PROPERTY(!accepted || !rejected);
    if (accepted) PROPERTY(read.accepted.at(number) == line);
    if (rejected) PROPERTY(read.rejected.at(number) == line);
    if (!accepted && !rejected) {
      PROPERTY(is_blank(line));
      ++blank;
    }
  }
  PROPERTY(read.blank == blank);
}

/// In whatever format it seems to be: events or errors, fit to be shown.
void read_as_it_is(const std::string& path, const ReaderOptions& options) {
  auto reader = Reader::open({path}, options, {});
  if (!reader) PROPERTY(is_fit_to_show(reader.error().message));
  while (reader) {
    const auto batch = reader->next();
    if (!batch) PROPERTY(is_fit_to_show(batch.error().message));
    if (!batch || !*batch) break;
    PROPERTY((*batch)->arrivals.size() == (*batch)->origins.size());
    for (const auto& reject : (*batch)->rejects) PROPERTY(is_fit_to_show(describe(reject)));
  }
}

/// The target compressed is about these.
bool is_more_than_lines(std::string_view text) {
  for (const auto& compression : compressions())
    if (compression.begins(text) == Match::yes) return true;
  const std::string nuls(NulSkippingSource::run_least, '\0');
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF") ||
         text.find(nuls) != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  ReaderOptions options;
  options.line_most = 1 + std::size_t{4} * input.byte();
  options.batch_events = 1 + input.byte();
  options.batch_bytes = 1 + std::size_t{16} * input.byte();
  const auto text = input.rest().substr(0, pipe_most);
  if (is_more_than_lines(text)) return 0;
  if (text.find("\"file\"") != std::string_view::npos) return 0;  // a record stands for another line
  const Fd file = memory_file(text);
  read_as_it_is(path_of(file), options);
  options.format = InputFormat::lines;
  check(path_of(file), text, options);
  const Fd pipe = pipe_of(text);
  check(path_of(pipe), text, options);
  return 0;
}
