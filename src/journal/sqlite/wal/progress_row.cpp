#include "journal/sqlite/wal/progress_row.hpp"

#include <cstddef>
#include <vector>

namespace dispatch::journal {

namespace {

constexpr unsigned table_leaf = 0x0d;
constexpr std::size_t turn_column = 1, seed_column = 5;
constexpr std::uint64_t columns_most = 64;
constexpr std::size_t seed_bytes = 16;

/// Takes numbers from bytes of which nobody knows whether they are well formed.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes, std::size_t at = 0) : bytes_(bytes), at_(at) {}

  std::size_t at() const { return at_; }
  bool good() const { return good_; }

  std::uint64_t big_endian(std::size_t count) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < count; ++i) number = number << 8U | byte();
    return number;
  }
  /// Of at most nine bytes, of which the last has eight bits.
  std::uint64_t varint() {
    std::uint64_t number = 0;
    for (int i = 0; i < 8; ++i) {
      const unsigned next = byte();
      number = number << 7U | (next & 0x7fU);
      if (next < 0x80) return number;
    }
    return number << 8U | byte();
  }
  std::string_view text(std::uint64_t count) {
    good_ = good_ && at_ <= bytes_.size() && count <= bytes_.size() - at_;
    if (!good_) return {};
    const auto text = bytes_.substr(at_, static_cast<std::size_t>(count));
    at_ += text.size();
    return text;
  }

 private:
  unsigned byte() {
    good_ = good_ && at_ < bytes_.size();
    return good_ ? static_cast<unsigned char>(bytes_[at_++]) : 0;
  }

  std::string_view bytes_;
  std::size_t at_;
  bool good_ = true;
};

/// How many bytes a value of this serial type takes.
std::uint64_t bytes_of(std::uint64_t type) {
  constexpr std::uint64_t fixed[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
  return type < 12 ? fixed[type] : (type - 12) / 2;
}

}  // namespace

std::optional<ProgressRow> progress_in(std::string_view page) {
  Bytes header{page};
  if (header.big_endian(1) != table_leaf) return std::nullopt;
  header.big_endian(2);  // the first free block
  if (header.big_endian(2) != 1) return std::nullopt;
  header.big_endian(3);  // where the cells begin, and fragments
  Bytes cell{page, static_cast<std::size_t>(header.big_endian(2))};
  const std::uint64_t record_bytes = cell.varint();
  cell.varint();  // rowid
  const std::size_t record = cell.at();
  const std::uint64_t types_end = record + cell.varint();
  std::vector<std::uint64_t> types;
  while (cell.good() && cell.at() < types_end && types.size() < columns_most) types.push_back(cell.varint());
  if (!cell.good() || cell.at() != types_end || types.size() <= turn_column) return std::nullopt;

  ProgressRow row;
  for (std::size_t column = 0; column < types.size(); ++column) {
    const auto bytes = bytes_of(types[column]);
    if (column == turn_column) {
      if (types[column] == 9) row.turn = 1;
      if (types[column] >= 1 && types[column] <= 6)
        row.turn = static_cast<std::int64_t>(cell.big_endian(static_cast<std::size_t>(bytes)));
    } else if (const auto text = cell.text(bytes); column == seed_column) {
      row.seed = text;
    }
  }
  if (!cell.good() || cell.at() != record + record_bytes) return std::nullopt;
  if (!row.seed.empty() && row.seed.size() != seed_bytes) return std::nullopt;
  return row;
}

}  // namespace dispatch::journal
