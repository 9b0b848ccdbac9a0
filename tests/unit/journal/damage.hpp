#pragma once

#include "journal/verify.hpp"
#include "unit/journal/journals.hpp"
#include "unit/journal/wear.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dispatch::test {

/// A healthy journal in which everything has happened that can; see wear.hpp.
template <class Subject>
class Worn {
 public:
  Worn() { wear::at_first(*open()); }
  void go_on() { wear::go_on(*open()); }
  void subscribe() { wear::subscribe(*open()); }
  void exclude() { wear::exclude(*open()); }
  void operate() { wear::operate(*open()); }
  void throttle() { wear::throttle(*open()); }
  void broker() { wear::broker(*open()); }

  const Subject& subject() const { return subject_; }
  std::unique_ptr<journal::JournalReader> read() const { return subject_.read(); }

  /// Nothing here is worth waiting for the disk.
  std::unique_ptr<journal::Journal> open() { return subject_.open(journal::Opening::Durability::delayed); }

 private:
  Subject subject_;
};

/// One in a file, to be damaged.
class WornJournal : public Worn<SqliteSubject> {
 public:
  std::string path() const { return subject().path(); }

  /// Runs SQL on the file as no program would, past its triggers.
  void damage(std::string_view sql);

  /// Verifies, and gives the names of the checks that found something, each once, in their order.
  std::vector<std::string> findings();
  journal::VerifyReport report();
};

}  // namespace dispatch::test
