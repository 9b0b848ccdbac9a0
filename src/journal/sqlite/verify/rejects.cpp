#include "base/crypto/sha256.hpp"
#include "journal/sqlite/verify/query.hpp"

#include <fmt/format.h>

namespace dispatch::journal::audit {

namespace {

constexpr Query queries[] = {
    {Check::rejects, R"(
      SELECT 'rejected line ' || reject_no,
             CASE WHEN typeof(digest) = 'text' OR length(digest) <> 32 THEN 'its digest is invalid'
                  WHEN line < 0 THEN 'its line number is ' || line
                  WHEN times < 1 THEN 'it is said to have come ' || times || ' times'
                  WHEN last_at < first_at THEN 'it is said to have come last before it came first'
                  WHEN cleared_at IS NOT NULL THEN 'it is cleared and its end has not come'
                  ELSE 'it has a size and its end has not come' END
        FROM rejects
       WHERE typeof(digest) = 'text' OR length(digest) <> 32 OR line < 0 OR times < 1 OR last_at < first_at
          OR (digest IS NULL AND (cleared_at IS NOT NULL OR bytes <> 0)))"},

    {Check::rejects, R"(
      SELECT 'rejected line ' || r.reject_no,
             CASE WHEN r.cleared_at IS NOT NULL THEN 'it is cleared and has a text'
                  WHEN t.reject_no IS NULL THEN 'it has no text'
                  WHEN t.first <> 0 OR t.last <> t.pieces - 1 THEN 'the pieces of its text are not numbered from 0 on'
                  ELSE 'its text has ' || t.bytes || ' bytes and should have ' || r.bytes END
        FROM rejects r
        LEFT JOIN (SELECT reject_no, count(*) AS pieces, min(place) AS first, max(place) AS last,
                          sum(length(CAST(text AS BLOB))) AS bytes
                     FROM reject_texts GROUP BY reject_no) t USING (reject_no)
       WHERE r.digest IS NOT NULL
         AND CASE WHEN r.cleared_at IS NULL
                  THEN t.reject_no IS NULL OR t.first <> 0 OR t.last <> t.pieces - 1 OR t.bytes <> r.bytes
                  ELSE t.reject_no IS NOT NULL END)"},

    {Check::rejects, R"(
      SELECT 'rejected line ' || reject_no, 'it is cleared, and no operator did it'
        FROM rejects
       WHERE cleared_at IS NOT NULL AND cleared_at NOT IN (SELECT at FROM actions WHERE verb = 11))"},
};

void compare_digests(Audit& audit) {
  Statement statement{
      audit.database(),
      "SELECT r.reject_no, r.digest, t.text FROM rejects r JOIN reject_texts t USING (reject_no)"
      " WHERE r.digest IS NOT NULL ORDER BY r.reject_no, t.place"};
  Sha256Stream hash;
  std::int64_t number = -1;
  std::string digest;
  const auto compare = [&] {
    if (number >= 0 && as_text(hash.finish()) != digest)
      audit.found(Check::rejects,
                  fmt::format("rejected line {}: its text is not what came: the digest differs", number));
  };
  auto rows = statement.rows();
  while (rows.next()) {
    if (rows.integer(0) != number) {
      compare();
      number = rows.integer(0);
      digest = rows.bytes(1);
    }
    hash.add(rows.bytes(2));
  }
  compare();
}

}  // namespace

void check_rejects(Audit& audit) {
  run(audit, queries);
  compare_digests(audit);
}

}  // namespace dispatch::journal::audit
