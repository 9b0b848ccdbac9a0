#pragma once

#include "ingest/batch/batch.hpp"
#include "ingest/reader.hpp"
#include "ingest/rejects/reject_sink.hpp"
#include "ingest/source/source.hpp"
#include "support/disk/temp_dir.hpp"

#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::test {

/// All that a reader gave, with what it borrows from.
struct Reading {
  std::vector<ingest::Batch> batches;
  std::vector<Arrival> events;
  std::vector<ingest::Origin> origins;
  std::vector<ingest::Reject> rejects;
  std::vector<ingest::UnreadInput> unread;
  std::optional<Error> error;
  std::vector<std::string> warnings;
  std::uint64_t blank = 0;
  std::uint64_t bytes = 0;
};

/// Reads the files to their end, or to an error.
Reading read_files(std::vector<std::string> paths, ingest::ReaderOptions options = {});

/// Reads one file that holds `text`.
Reading read_text(std::string_view text, ingest::ReaderOptions options = {});

/// True where `sink` takes the reject, or the piece of one.
bool keeps(ingest::RejectSink& sink, const ingest::Reject& reject);

/// The mapping of these `--field` arguments, which must be right.
ingest::ReaderOptions mapped(std::vector<std::string> fields);

/// The reason why `line` is rejected; empty where it is accepted.
std::string whole_reason(std::string_view line, ingest::ReaderOptions options = {});
/// The same without the option that leaves a field out.
std::string reason(std::string_view line, ingest::ReaderOptions options = {});

}  // namespace dispatch::test
