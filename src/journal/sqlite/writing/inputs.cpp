#include "journal/sqlite/writing/inputs.hpp"

namespace dispatch::journal {

Inputs::Inputs(SQLite::Database& database)
    : latest_(database,
              "SELECT name FROM event_inputs LEFT JOIN inputs USING (input_no)"
              " ORDER BY first_position DESC LIMIT 1"),
      find_(database, "SELECT input_no FROM inputs WHERE name = ?"),
      add_input_(database, "INSERT INTO inputs (name) VALUES (?) ON CONFLICT DO NOTHING"),
      begin_(database, "INSERT INTO event_inputs (first_position, input_no) VALUES (?, ?)") {}

void Inputs::note(Position position, std::string_view input) {
  if (!is_known_) {
    auto rows = latest_.rows();
    current_ = rows.next() ? std::string{rows.bytes(0)} : std::string{};
    is_known_ = true;
  }
  if (input == current_) return;
  current_ = input;
  if (input.empty()) {
    begin_.run(position, std::nullopt);
    return;
  }
  add_input_.run(input);
  std::int64_t number = 0;
  {
    auto rows = find_.rows(input);
    if (rows.next()) number = rows.integer(0);
  }
  begin_.run(position, number);
}

}  // namespace dispatch::journal
