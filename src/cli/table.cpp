#include "cli/table.hpp"

#include "base/utf8.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace dispatch::cli {
namespace {

constexpr std::size_t rows_a_page = 256;

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

/// U+0080 to U+009F: some terminals take them for the controls they are.
bool is_late_control(std::string_view text, std::size_t at) {
  return text[at] == '\xC2' && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
}

}  // namespace

std::string printable(std::string_view text) {
  const std::string utf8 = to_utf8(text);
  std::string out;
  out.reserve(utf8.size());
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    const auto c = static_cast<unsigned char>(utf8[at]);
    if (c < 0x20 || c == 0x7F) {
      out += '?';
    } else if (is_late_control(utf8, at)) {
      out += '?';
      ++at;
    } else {
      out += utf8[at];
    }
  }
  return out;
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string escaped(std::string_view text, std::size_t most) {
  std::size_t end = std::min(text.size(), most);
  while (end > 0 && end < text.size() && !begins_character(text[end])) --end;
  const std::string utf8 = to_utf8(text.substr(0, end));
  std::string out;
  for (std::size_t at = 0; at < utf8.size(); ++at) {
    const auto c = static_cast<unsigned char>(utf8[at]);
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (c < 0x20 || c == 0x7F)
      out += fmt::format("\\x{:02x}", c);
    else if (is_late_control(utf8, at))
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(utf8[++at]));
    else
      out += utf8[at];
  }
  if (end < text.size()) out += "...";
  return out;
}

Table::Table(std::vector<Column> columns, std::function<void(std::string_view)> write)
    : columns_(std::move(columns)), write_(std::move(write)) {
  for (const auto& column : columns_) widths_.push_back(width_of(column.title));
}

void Table::row(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (auto& cell : cells) cell = cell.empty() ? "-" : printable(cell);
  page_.push_back(std::move(cells));
  ++rows_;
  if (page_.size() == rows_a_page) tell_page();
}

void Table::finish() {
  tell_page();
}

void Table::tell_page() {
  for (const auto& cells : page_)
    for (std::size_t i = 0; i < cells.size(); ++i) widths_[i] = std::max(widths_[i], width_of(cells[i]));
  if (!std::exchange(titled_, true)) {
    std::vector<std::string> titles;
    for (const auto& column : columns_) titles.push_back(column.title);
    tell(titles);
  }
  for (const auto& cells : page_) tell(cells);
  page_.clear();
}

void Table::tell(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string gap(widths_[i] - width_of(cells[i]), ' ');
    if (i > 0) line += "  ";
    line += columns_[i].align == Align::right ? gap + cells[i] : cells[i] + gap;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  write_(line + "\n");
}

}  // namespace dispatch::cli
