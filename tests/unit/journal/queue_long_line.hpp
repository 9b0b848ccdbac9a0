#pragma once

#include "unit/journal/journals.hpp"

#include <cstddef>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace dispatch::test {

/// A line of so many bytes, queued in pieces; returns its text.
inline std::string queue_long_line(journal::Journal& journal, std::size_t bytes) {
  std::string whole;
  for (std::size_t i = 0; whole.size() < bytes; ++i) whole += fmt::format("{:07} ", i);
  whole.resize(bytes);
  constexpr std::size_t piece_bytes = 65'536;
  auto transaction = journal.begin().value();
  for (std::size_t at = 0; at < bytes; at += piece_bytes) {
    const journal::RejectedLine piece{.file = "a.jsonl",
                                      .line = 1,
                                      .reason = "too long",
                                      .text = std::string_view{whole}.substr(at, piece_bytes),
                                      .first = at == 0,
                                      .last = at + piece_bytes >= bytes};
    CHECK(transaction->queue_rejects({&piece, 1}, {1'000, 100'000'000}, noon).value() == 1);
  }
  must(transaction->commit());
  return whole;
}

}  // namespace dispatch::test
