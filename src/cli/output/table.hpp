#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

/// Rows in aligned columns, for people. Rows are collected into pages, so that the columns fit, and memory is
/// bounded. Columns never become narrower from page to page.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  /// `write` receives whole lines.
  Table(std::vector<Column> columns, std::function<void(std::string_view)> write);

  /// Adds a row with one text for each column. Texts are made printable; an empty one is shown as "-".
  void row(std::vector<std::string> cells);

  /// Writes the remaining rows, or only the titles if there were no rows. Call it at the end.
  void finish();

  std::size_t rows() const { return rows_; }

 private:
  void tell_page();
  void tell(const std::vector<std::string>& cells);

  std::vector<Column> columns_;
  std::function<void(std::string_view)> write_;
  std::vector<std::vector<std::string>> page_;
  std::vector<std::size_t> widths_;
  std::size_t rows_ = 0;
  bool titled_ = false;
};

/// The number of terminal columns of `text` (UTF-8), one for each character.
std::size_t width_of(std::string_view text);

}  // namespace dispatch::cli
