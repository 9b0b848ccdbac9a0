#include "event/outcome_name.hpp"

#include <doctest/doctest.h>

using namespace dispatch;

TEST_CASE("a refusal that a journal holds is named by what failed") {
  // As journals of every version have them.
  CHECK(outcome_name(OutcomeKind::refused, "the filter of subscription crm failed: Cannot index number") ==
        "filter_failed");
  CHECK(outcome_name(OutcomeKind::refused, "the transform of subscription crm failed: it gave no output") ==
        "transform_failed");
}

TEST_CASE("every other outcome keeps its name whatever its error says") {
  CHECK(outcome_name(OutcomeKind::refused, "the address 127.0.0.1 is private") == "refused");
  CHECK(outcome_name(OutcomeKind::refused, "") == "refused");
  CHECK(outcome_name(OutcomeKind::local_failure,
                     "the filter of subscription crm could not be run: no memory") == "local_failure");
  CHECK(outcome_name(OutcomeKind::not_meant, "the filter of subscription crm excludes the event") ==
        "not_meant");
  CHECK(outcome_name(OutcomeKind::timeout, "") == "timeout");
}
