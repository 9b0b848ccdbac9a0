#include "journal/sqlite/wal/wal_frames.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace dispatch::journal {

namespace {

constexpr std::size_t header_bytes = 32, summed_header_bytes = 24, frame_header_bytes = 24;
constexpr std::size_t page_bytes_most = 65'536;
constexpr std::uint32_t magic = 0x377f0682;  // its lowest bit is set where the checksums are big-endian

std::uint32_t big_endian(const char* bytes) {
  std::uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return number;
}

std::uint32_t little_endian(const char* bytes) {
  std::uint32_t number = 0;
  for (int i = 3; i >= 0; --i) number = number << 8U | static_cast<unsigned char>(bytes[i]);
  return number;
}

}  // namespace

WalFrames::WalFrames(const std::filesystem::path& log)
    : file_(::open(log.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) {
  char header[header_bytes];
  if (!read(header, sizeof header)) return;
  if ((big_endian(header) & ~1U) != magic) return;
  big_endian_sums_ = (big_endian(header) & 1U) != 0;
  page_bytes_ = big_endian(header + 8);
  if (page_bytes_ < 512 || page_bytes_ > page_bytes_most || page_bytes_ % 8 != 0) return;
  salts_.assign(header + 16, 8);
  sum(header, summed_header_bytes);
  usable_ = sum_is(header + summed_header_bytes);
}

std::optional<WalFrames::Frame> WalFrames::next() {
  if (!usable_) return std::nullopt;
  usable_ = false;
  char header[frame_header_bytes];
  Frame frame;
  frame.content.resize(page_bytes_);
  if (!read(header, sizeof header)) return std::nullopt;
  if (!read(frame.content.data(), page_bytes_)) return std::nullopt;
  if (std::memcmp(header + 8, salts_.data(), salts_.size()) != 0) return std::nullopt;
  sum(header, 8);
  sum(frame.content.data(), frame.content.size());
  if (!sum_is(header + 16)) return std::nullopt;
  usable_ = true;
  frame.page = big_endian(header);
  frame.commits = big_endian(header + 4) != 0;
  return frame;
}

bool WalFrames::read(char* to, std::size_t count) {
  while (count > 0) {
    const auto there = ::pread(file_.get(), to, count, static_cast<off_t>(at_));
    if (there < 0 && errno == EINTR) continue;
    if (there <= 0) return false;
    to += there;
    count -= static_cast<std::size_t>(there);
    at_ += static_cast<std::size_t>(there);
  }
  return true;
}

void WalFrames::sum(const char* bytes, std::size_t count) {
  for (std::size_t at = 0; at < count; at += 8) {
    sums_[0] += (big_endian_sums_ ? big_endian(bytes + at) : little_endian(bytes + at)) + sums_[1];
    sums_[1] += (big_endian_sums_ ? big_endian(bytes + at + 4) : little_endian(bytes + at + 4)) + sums_[0];
  }
}

bool WalFrames::sum_is(const char* stored) const {
  return big_endian(stored) == sums_[0] && big_endian(stored + 4) == sums_[1];
}

}  // namespace dispatch::journal
