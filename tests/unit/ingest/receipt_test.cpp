#include "ingest/batch/receipt.hpp"

#include "support/told_verdicts.hpp"

#include <memory>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;
using ingest::Receipt;
using Kind = ingest::Verdict::Kind;

namespace {

std::vector<Kind> told(const ToldVerdicts& verdicts, std::uint64_t event) {
  std::vector<Kind> kinds;
  const auto all = verdicts.all();
  if (const auto found = all.find(event); found != all.end())
    for (const auto& verdict : found->second) kinds.push_back(verdict.kind);
  return kinds;
}

using Kinds = std::vector<Kind>;

}  // namespace

TEST_CASE("a receipt is told once whatever happens to it afterwards") {
  const auto verdicts = std::make_shared<ToldVerdicts>();
  {
    Receipt receipt{verdicts, 7};
    receipt.tell({.kind = Kind::accepted, .position = Position{3}});
    CHECK_FALSE(receipt);
    receipt.tell({.kind = Kind::rejected});
  }
  CHECK(told(*verdicts, 7) == Kinds{Kind::accepted});
  CHECK(verdicts->all().at(7)[0].position == Position{3});
}

TEST_CASE("a receipt that is dropped says that its event was not taken") {
  const auto verdicts = std::make_shared<ToldVerdicts>();
  { const Receipt receipt{verdicts, 7}; }
  CHECK(told(*verdicts, 7) == Kinds{Kind::not_taken});
}

TEST_CASE("a receipt that is moved is told by the one it was moved to") {
  const auto verdicts = std::make_shared<ToldVerdicts>();
  {
    Receipt first{verdicts, 1};
    Receipt second{verdicts, 2};
    Receipt moved{std::move(first)};
    CHECK(verdicts->count() == 0);
    second = std::move(moved);
    CHECK(told(*verdicts, 2) == Kinds{Kind::not_taken});
    CHECK(told(*verdicts, 1).empty());
    second.tell({.kind = Kind::duplicate});
  }
  CHECK(told(*verdicts, 1) == Kinds{Kind::duplicate});
}

TEST_CASE("an empty receipt tells nothing") {
  Receipt receipt;
  CHECK_FALSE(receipt);
  receipt.tell({.kind = Kind::accepted});
}
