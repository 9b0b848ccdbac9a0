#include "ingest/source/nul_skipping_source.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace dispatch::ingest {
namespace {

constexpr std::size_t nul_block_size = std::size_t{64} * 1024;

}  // namespace

Result<std::size_t> NulSkippingSource::read(std::span<char> into) {
  if (clear() && !ended_ && !error_) {
    // Almost always there is no NUL, and nothing to be copied.
    const auto got = inner_->read(into.first(std::min(into.size(), nul_block_size)));
    if (!got) return got;
    if (*got > 0 && std::memchr(into.data(), '\0', *got) == nullptr) {
      position_ += *got;
      at_line_start_ = into[*got - 1] == '\n';
      return got;
    }
    block_.assign(into.begin(), into.begin() + static_cast<std::ptrdiff_t>(*got));
    begin_ = 0;
    end_ = *got;
    if (*got == 0) ended_ = true;
    skip_run();
  }
  while (!settled()) take_input();
  if (const auto given = give(into); given > 0) return given;
  if (error_) return tl::unexpected(*error_);
  return std::size_t{0};
}

bool NulSkippingSource::ready() {
  while (!settled() && run_ > 0 && inner_->ready()) take_input();
  return settled() || (run_ == 0 && inner_->ready());
}

void NulSkippingSource::take_input() {
  block_.resize(nul_block_size);
  begin_ = end_ = 0;
  const auto got = inner_->read(block_);
  if (!got) {
    error_ = got.error();
    return;
  }
  end_ = *got;
  ended_ = *got == 0;
  skip_run();
}

void NulSkippingSource::skip_run() {
  if (at_line_start_) {
    const auto first = block_.begin() + static_cast<std::ptrdiff_t>(begin_);
    const auto last = block_.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto nuls =
        static_cast<std::size_t>(std::find_if(first, last, [](char c) { return c != '\0'; }) - first);
    begin_ += nuls;
    run_ += nuls;
    position_ += nuls;
  }
  if (begin_ < end_ || ended_) end_run();
}

void NulSkippingSource::end_run() {
  const auto run = std::exchange(run_, 0);
  if (run > 0) at_line_start_ = false;
  if (run < run_least) {
    owed_ = run;
  } else if (++runs_ <= warnings_most) {
    warn_(
        fmt::format("{}: {} NUL bytes at byte {} were skipped, as in a log that was truncated while it was "
                    "written; the rest is read",
                    name(), run, position_ - run + 1));
  }
  if (ended_ && runs_ > warnings_most)
    warn_(fmt::format("{}: NUL bytes were skipped at {} more places", name(),
                      std::exchange(runs_, 0) - warnings_most));
}

std::size_t NulSkippingSource::give(std::span<char> into) {
  std::size_t given = std::min(owed_, into.size());
  std::fill_n(into.begin(), given, '\0');
  owed_ -= given;
  while (given < into.size() && begin_ < end_) {
    const auto rest = into.subspan(given);
    const std::size_t most = std::min(rest.size(), end_ - begin_);
    const void* const newline = std::memchr(block_.data() + begin_, '\n', most);
    const std::size_t size =
        newline == nullptr
            ? most
            : static_cast<std::size_t>(static_cast<const char*>(newline) - block_.data()) + 1 - begin_;
    std::memcpy(rest.data(), block_.data() + begin_, size);
    begin_ += size;
    position_ += size;
    given += size;
    at_line_start_ = newline != nullptr;
    skip_run();
    if (owed_ > 0) break;
  }
  return given;
}

}  // namespace dispatch::ingest
