#include "cli/output/table.hpp"

#include "base/text/printable.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::cli {
namespace {

constexpr std::size_t rows_a_page = 256;

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

}  // namespace

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
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
