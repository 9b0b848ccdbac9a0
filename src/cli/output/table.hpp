#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

/// Rows in aligned columns, for people. A row is told a page of rows later, so that the columns fit; memory
/// does not follow the number of rows. Columns never become narrower from page to page.
class Table {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  /// `write` is given whole lines.
  Table(std::vector<Column> columns, std::function<void(std::string_view)> write);

  /// One text for each column; made printable here. An empty one is shown as "-".
  void row(std::vector<std::string> cells);

  /// Tells what is still held back, and the titles where there was no row to tell them with; to be called at
  /// the end.
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

/// How many columns of a terminal `text` (UTF-8) takes, one for each character.
std::size_t width_of(std::string_view text);

}  // namespace dispatch::cli
