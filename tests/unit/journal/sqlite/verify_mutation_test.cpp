// What verify sees and what it does not: every value of a small journal is changed, one at a time.

#include "journal/sqlite/verify/verify.hpp"
#include "unit/journal/damage.hpp"
#include "unit/journal/subscribed.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// What can be done to a value, or to a row ("deleted", "doubled").
using Kinds = std::set<std::string>;

const Kinds either_way{"less", "more"};
const Kinds as_text{"more", "null", "filled", "swapped"};

/// A column in which such a change may pass unseen, and why nothing is lost by it or nothing can be done.
struct Unseen {
  std::string column;
  Kinds kinds;
  std::string_view why;
};

constexpr std::string_view shown_only = "shown to people, and nothing is decided by it";
constexpr std::string_view told_once = "told in one place, and what stands around it leaves room";

class Mutations {
 public:
  explicit Mutations(std::string table) : table_(std::move(table)) {
    worn_.go_on();
    worn_.subscribe();
    worn_.exclude();
    worn_.operate();
    worn_.throttle();
    // As a run leaves them that has seen all there is.
    worn_.damage(
        "UPDATE delivery_queues SET low_watermark = 12 WHERE subscription_no = 0;"
        "UPDATE progress SET last_wakeup = (SELECT max(action_no) FROM actions)");
    {
      // One file, so that it can be put back.
      SQLite::Database database{worn_.path(), SQLite::OPEN_READWRITE};
      database.exec("PRAGMA journal_mode = DELETE");
      read_rows(database);
    }
    sound_ = read_file(worn_.path());
    REQUIRE(worn_.findings().empty());
  }

  /// Changes each value of each column, and deletes and doubles each row, and gives what verify has not seen,
  /// as "column kind".
  std::set<std::string> unseen() {
    std::set<std::string> unseen;
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      for (std::size_t column = 0; column < columns_.size(); ++column) {
        for (const auto& [kind, sql] : changes(row, column))
          if (!sees(sql)) unseen.insert(fmt::format("{} {}", columns_[column].name, kind));
      }
      if (!sees(fmt::format("DELETE FROM {} WHERE {}", table_, where(row)))) unseen.insert("row deleted");
      if (!sees(doubled(row))) unseen.insert("row doubled");
    }
    return unseen;
  }

  std::size_t tried() const { return tried_; }

 private:
  struct Column {
    std::string name;
    bool key = false;
  };

  void read_rows(SQLite::Database& database) {
    SQLite::Statement info{database, fmt::format("PRAGMA table_info({})", table_)};
    while (info.executeStep()) columns_.push_back({info.getColumn(1), info.getColumn(5).getInt() > 0});
    std::string quoted, keys;
    for (const auto& column : columns_) {
      quoted += (quoted.empty() ? "quote(" : ", quote(") + column.name + ")";
      if (column.key) keys += (keys.empty() ? "" : ", ") + column.name;
    }
    SQLite::Statement all{database, fmt::format("SELECT {} FROM {} ORDER BY {}", quoted, table_, keys)};
    while (all.executeStep()) {
      auto& row = rows_.emplace_back();
      for (int i = 0; i < all.getColumnCount(); ++i) row.push_back(all.getColumn(i).getString());
    }
  }

  std::string where(std::size_t row) const {
    std::string text;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (columns_[i].key) text += (text.empty() ? "" : " AND ") + columns_[i].name + " = " + rows_[row][i];
    return text;
  }

  std::string set(std::size_t row, std::size_t column, const std::string& value) const {
    return fmt::format("UPDATE {} SET {} = {} WHERE {};", table_, columns_[column].name, value, where(row));
  }

  std::map<std::string, std::string> changes(std::size_t row, std::size_t column) const {
    std::map<std::string, std::string> changes;
    const auto& value = rows_[row][column];
    const bool number = value.find_first_not_of("-0123456789") == std::string::npos;
    if (value == "NULL") {
      changes["filled"] = set(row, column, "1");
    } else {
      changes["null"] = set(row, column, "NULL");
      if (number) changes["less"] = set(row, column, value + " - 1");
      changes["more"] = set(row, column, value + (number ? " + 1" : " || 'x'"));
    }
    if (row + 1 < rows_.size() && value != rows_[row + 1][column] && !columns_[column].key)
      changes["swapped"] = set(row, column, rows_[row + 1][column]) + set(row + 1, column, value);
    return changes;
  }

  /// The row once more, at the next key.
  std::string doubled(std::size_t row) const {
    const auto last_key =
        std::find_if(columns_.rbegin(), columns_.rend(), [](const Column& one) { return one.key; });
    std::string values;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      values += (i == 0 ? "" : ", ") + rows_[row][i] + (&columns_[i] == &*last_key ? " + 1" : "");
    return fmt::format("INSERT INTO {} VALUES ({})", table_, values);
  }

  /// True too where the database itself does not take it.
  bool sees(const std::string& sql) {
    ++tried_;
    bool seen = true;
    try {
      worn_.damage(sql);
      seen = !worn_.report().healthy();
    } catch (const SQLite::Exception&) {
    }
    std::ofstream{worn_.path(), std::ios::binary | std::ios::trunc} << sound_;
    return seen;
  }

  std::string table_;
  WornJournal worn_;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // as SQL writes the values
  std::string sound_;
  std::size_t tried_ = 0;
};

/// The lane of one entity in a subscription: the sixth event is delivered, then a fan-out puts those before
/// it behind it.
class LaneFilledFromBehind {
 public:
  LaneFilledFromBehind() {
    for (const char* id : {"1", "2", "3", "4", "5"}) append_along(*journal_, id, "e", {});
    one_ = put(*journal_, plain_subscription("one"));
    append_along(*journal_, "6", "e", {route_of(one_)});
    attempt(*journal_, row(6), Transition::succeed);
    fan_out(*journal_, one_, {1, 2, 3, 4, 5});
  }

  void end(std::int64_t position, Transition by) { attempt(*journal_, row(position), by); }
  void append_next(const char* id) { append_along(*journal_, id, "e", {route_of(one_)}); }

  /// The names of the checks that find something after this change.
  std::vector<std::string> findings_after(const std::string& sql) {
    SQLite::Database database{subject_.path(), SQLite::OPEN_READWRITE};
    database.exec(sql);
    std::vector<std::string> names;
    const auto report = journal::verify(subject_.path()).value();
    for (const auto& finding : report.findings) names.emplace_back(finding.check);
    return names;
  }

  std::int64_t last_turn() {
    SQLite::Database database{subject_.path(), SQLite::OPEN_READONLY};
    return database.execAndGet("SELECT turn FROM progress").getInt64();
  }

 private:
  journal::DeliveryRow row(std::int64_t position) {
    for (const auto& row : queue_of(*journal_, one_))
      if (row.key.position == Position{position}) return row;
    throw std::runtime_error{"the subscription does not have that event"};
  }

  SqliteSubject subject_;
  std::unique_ptr<journal::Journal> journal_ = subject_.open();
  Subscription one_;
};

/// Both ways: what is not listed must be seen, and what is seen must not be listed.
void check(const std::string& table, const std::vector<Unseen>& known) {
  std::set<std::string> listed;
  for (const auto& [column, kinds, why] : known)
    for (const auto& kind : kinds) listed.insert(fmt::format("{} {}", column, kind));
  Mutations mutations{table};
  const auto unseen = mutations.unseen();
  for (const auto& change : unseen)
    if (!listed.contains(change)) FAIL_CHECK(table << ": verify does not see: " << change);
  for (const auto& change : listed)
    if (!unseen.contains(change)) FAIL_CHECK(table << ": verify sees, though listed: " << change);
  MESSAGE(mutations.tried() << " changes of " << table);
}

}  // namespace

TEST_CASE("verify sees what is changed in entities") {
  check("entities", {{"disordered", {"more"}, "every number but 0 means the same"}});
}

TEST_CASE("verify sees what is changed in delivery queues but how far a run has come") {
  check("delivery_queues",
        {{"low_watermark", {"less"}, "a run begins to look earlier, which costs only time"},
         {"low_watermark",
          {"more", "swapped"},
          "a run begins to look later, and nothing that may go is passed over"},
         {"last_wakeup", either_way, "a lane that nothing wakes is seen by itself"}});
}

TEST_CASE("verify sees what is changed in destinations but the path of a URL") {
  check("destinations",
        {{"url",
          {"more"},
          "what --to said, or a subscription then, stands nowhere else where a line named no URL"},
         {"first_position",
          {"less", "more", "swapped"},
          "a run looks for what comes before further down than it must; of a subscription nobody looks"}});
}

TEST_CASE("verify sees what is changed in events but when they were accepted and in which trace" *
          doctest::test_suite("long")) {
  check("events",
        {{"accepted_at", either_way, shown_only},
         {"trace", {"filled", "null", "swapped"}, "told to receivers, and nothing is decided by it"}});
}

TEST_CASE("verify sees what is changed in gaps but since when they are there") {
  check("gaps", {{"since", either_way, shown_only}});
}

TEST_CASE("verify sees what is changed in deliveries but what is told once" * doctest::test_suite("long")) {
  check(
      "deliveries",
      {{"destination_no", {"swapped"}, "two paths of one host; what --to said stands nowhere else"},
       {"position", {"less"}, "of a fan-out: which events it meant stands nowhere else"},
       {"made_turn", {"null"}, "of what is not the lowest of its fan-out: as if it had come with its event"},
       {"state_at", either_way, "when a retry is due, or since when a letter is dead: the clock of the run"},
       {"began_at", either_way, shown_only},
       {"began_turn", either_way, told_once},
       {"ended_turn", {"more"}, told_once},
       {"took", either_way, shown_only},
       {"status", either_way, "of a plain success, which --on-status may have made of any answer"},
       {"address", as_text, shown_only},
       {"timings", as_text, shown_only},
       {"throttled_since", either_way, "the clock of the run"}});
}

TEST_CASE("verify sees what is changed in attempts but what is told once" * doctest::test_suite("long")) {
  check("attempts",
        {{"row", {"deleted"}, "of a success with a remark: the delivery itself still tells of it"},
         {"began_at", either_way, shown_only},
         {"began_turn", {"less"}, told_once},
         {"ended_turn", {"more"}, told_once},
         {"took", either_way, shown_only},
         {"outcome", either_way, "one way to fail for another"},
         {"status", either_way, "one way to fail for another"},
         {"error", as_text, shown_only},
         {"address", as_text, shown_only},
         {"timings", as_text, shown_only},
         {"excerpt", as_text, shown_only},
         {"destination_no", {"swapped"}, shown_only}});
}

TEST_CASE("verify sees what is changed in actions but what is told once" * doctest::test_suite("long")) {
  check("actions", {{"row",
                     {"deleted"},
                     "of a gap that closed: it wakes a lane, and a lane that nothing "
                     "wakes is seen by itself"},
                    {"row", {"doubled"}, "of a retry, which may be asked for again and again"},
                    {"action_no", either_way, "a number that nothing refers to"},
                    {"verb", {"swapped"}, told_once},
                    {"subscription_no", {"swapped"}, told_once},
                    {"note", {"more"}, shown_only},
                    {"position", {"less"}, "of a retry, which may be of any delivery"},
                    {"position", {"swapped"}, "two that were cancelled in one turn"},
                    {"quiet", {"less", "more", "swapped"}, "a lane that nothing wakes is seen by itself"},
                    {"asked_destination_no",
                     {"filled", "more", "null", "swapped"},
                     "a destination is tried at once that nobody asked for, or is not"},
                    {"at", either_way, shown_only},
                    {"turn", either_way, told_once},
                    {"turn", {"null"}, "of the first: so a program of version 1 left it"}});
}

TEST_CASE("verify sees what is changed in subscriptions but what is told once") {
  constexpr std::string_view definition = "what an operator wanted stands nowhere else";
  const Kinds as_number{"less", "more", "null", "filled", "swapped"};
  check("subscriptions", {{"subscription_id", {"more", "swapped"}, definition},
                          {"filter", as_text, definition},
                          {"transform", as_text, definition},
                          {"body", {"more"}, definition},
                          {"headers", as_text, definition},
                          {"rate_count", either_way, definition},
                          {"rate_per", either_way, definition},
                          {"concurrency", as_number, definition},
                          {"timeout", as_number, definition},
                          {"attempts", as_number, definition},
                          {"statuses", as_text, definition},
                          {"deny_private", {"more"}, definition}});
}

TEST_CASE("verify sees what is changed in secrets but what they say") {
  constexpr std::string_view definition = "what an operator wanted stands nowhere else";
  check("subscription_secrets", {{"row", {"deleted", "doubled"}, definition},
                                 {"secret", {"more", "swapped"}, definition},
                                 {"until", {"less", "more", "null", "filled", "swapped"}, definition}});
}

TEST_CASE("verify sees what is changed in what is unmatched") {
  check("unmatched", {});
}

TEST_CASE("verify sees what is changed in circuits but which they are") {
  constexpr std::string_view learned = "a breaker learns anew how its destination does";
  check("circuits", {{"row", {"deleted", "doubled"}, learned},
                     {"destination_no", either_way, learned},
                     {"half_open", {"less"}, learned},
                     {"since", either_way, "the clock of the run"}});
}

TEST_CASE("verify sees what is changed in rejected lines but where they came from and when and why") {
  constexpr std::string_view cleared = "of one that was cleared, of which nothing is needed";
  check("rejects", {{"row", {"deleted"}, cleared},
                    {"reject_no", {"more"}, cleared},
                    {"bytes", {"less", "more"}, cleared},
                    {"file", {"more", "swapped"}, shown_only},
                    {"line", {"less", "more", "swapped"}, shown_only},
                    {"reason", {"more", "swapped"}, shown_only},
                    {"times", {"less", "more", "swapped"}, shown_only},
                    {"first_at", {"less"}, shown_only},
                    {"last_at", {"more"}, shown_only}});
}

TEST_CASE("verify sees what is changed in the texts of rejected lines") {
  check("reject_texts", {});
}

TEST_CASE("verify sees what is changed in paces but until when they are") {
  check("paces", {{"row", {"deleted", "doubled"}, "a request goes before its time, or later than it might"},
                  {"destination_no", either_way, "a request goes before its time, or later than it might"},
                  {"not_before", {"less", "more"}, "the clock of the run"}});
}

TEST_CASE("verify sees what is changed in throttles but how they are spared") {
  constexpr std::string_view spared = "a destination is spared for a while, or for less";
  check("throttles", {{"row", {"deleted", "doubled"}, spared},
                      {"destination_no", {"more"}, spared},
                      {"hold_until", either_way, "the clock of the run"},
                      {"millihertz", either_way, spared},
                      {"doubles", either_way, spared}});
}

TEST_CASE("verify sees what is changed in inputs but what they are called") {
  check("inputs", {{"name", {"more"}, "what a run was told stands nowhere else"}});
}

TEST_CASE("verify sees what is changed in who came by an input but from where on") {
  check("event_inputs", {{"row", {"deleted"}, told_once},
                         {"first_position", either_way, told_once},
                         {"input_no", {"filled", "more", "swapped"}, told_once}});
}

TEST_CASE("verify sees what is changed in the state counts") {
  check("state_counts", {});
}

TEST_CASE("verify sees what is changed in the turn log but which turn it was") {
  check("turn_log", {{"turn", either_way, "it only keeps the entries together"},
                     {"begun", {"swapped"}, "as if the turns were swapped"},
                     {"row", {"doubled"}, "who reads it looks at the state of the delivery too"}});
}

TEST_CASE("verify sees what is changed in the progress but what costs only time") {
  check("progress", {{"turn", {"more"}, "the next turn has a higher number than it must"},
                     {"last_wakeup", {"less"}, "what was woken is woken again"},
                     {"lanes_turn", either_way, "the audit itself goes by it"},
                     {"fan_outs_turn", either_way, "the audit itself goes by it"}});
}

TEST_CASE("verify sees every low position above what a fan-out has put behind its lane") {
  LaneFilledFromBehind lane;
  lane.append_next("7");
  for (int low = 0; low <= 7; ++low) {
    CAPTURE(low);
    const auto found = lane.findings_after(
        fmt::format("UPDATE delivery_queues SET low_watermark = {};"
                    "UPDATE progress SET last_wakeup = (SELECT max(action_no) FROM actions)",
                    low));
    CHECK(found == (low == 0 ? std::vector<std::string>{} : std::vector<std::string>{"resumption"}));
  }
}

TEST_CASE("verify sees every turn in which a dead letter behind its lane was overtaken") {
  LaneFilledFromBehind lane;
  lane.end(1, Transition::succeed);
  lane.end(2, Transition::succeed);
  lane.end(3, Transition::bury);
  lane.append_next("7");
  const auto last_turn = lane.last_turn();
  CHECK(lane.findings_after("").empty());
  lane.findings_after(
      "UPDATE deliveries SET state = 4, attempts = 1, began_at = 1, took = 1, status = 200 WHERE position = "
      "7;"
      "UPDATE state_counts SET deliveries = deliveries + CASE state WHEN 0 THEN -1 ELSE 1 END WHERE state IN "
      "(0, "
      "4)");
  for (auto turn = last_turn + 1; turn < last_turn + 4; ++turn) {
    CAPTURE(turn);
    const auto found = lane.findings_after(
        fmt::format("UPDATE deliveries SET began_turn = {0}, ended_turn = {0} + 1 WHERE position = 7;"
                    "UPDATE progress SET turn = {0} + 1",
                    turn));
    CHECK(found == std::vector<std::string>{"order"});
  }
}
