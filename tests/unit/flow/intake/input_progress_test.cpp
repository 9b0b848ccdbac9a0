// What a run that is stopped says of the input that it has not read.

#include "flow/intake/input_progress.hpp"

#include "flow/intake/append_reason.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

ingest::Origin line(std::uint32_t input, std::uint64_t number, std::uint64_t element = 0) {
  ingest::Origin ref;
  ref.input = input;
  ref.number = ref.input_number = number;
  ref.element = element;
  return ref;
}

std::vector<std::string> said(const flow::InputProgress& progress, const std::vector<std::string>& inputs) {
  std::vector<std::string> texts;
  for (const auto& input : progress.unread(inputs, "stopped")) texts.push_back(ingest::describe(input));
  return texts;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("inputs that were not decided to their ends are named with their last line") {
  const std::vector<std::string> inputs{"a", "-", "c"};
  flow::InputProgress progress;
  CHECK(said(progress, inputs) ==
        Texts{"a was not read: stopped", "standard input was not read: stopped", "c was not read: stopped"});
  ingest::Batch batch;
  batch.origins = {line(0, 1), line(1, 1), line(1, 2)};
  batch.rejects.push_back({line(1, 7), "bad"});
  batch.rejects.push_back({line(1, 8), "too long, and not all of it has come", true, false});
  batch.inputs_done = 1;
  progress.note(batch);
  CHECK(said(progress, inputs) ==
        Texts{"standard input was not read after line 7: stopped", "c was not read: stopped"});
  batch.inputs_done = 3;
  progress.note(batch);
  CHECK(said(progress, inputs).empty());
  CHECK(said(progress, {}).empty());
}

TEST_CASE("of an array the last element is named as well") {
  flow::InputProgress progress;
  ingest::Batch batch;
  batch.origins = {line(0, 1, 1), line(0, 1, 512)};
  progress.note(batch);
  CHECK(said(progress, {"a"}) == Texts{"a was not read after line 1, element 512: stopped"});
}

TEST_CASE("a conflict of ids that differ in their source says how ids are joined only where they are not") {
  journal::Appended appended;
  appended.verdict = journal::AppendVerdict::id_conflict;
  appended.differing = {"source"};
  Arrival arrival;
  arrival.event_id = "urn:a#1#2";
  const auto plain = flow::reason_of(appended, arrival, false);
  CHECK(plain.find("--field event_id=/source+/id") != std::string::npos);
  const auto joined = flow::reason_of(appended, arrival, true);
  CHECK(joined.find("--field event_id=/source+/id") == std::string::npos);
  CHECK(joined.find("different parts can give the same id") != std::string::npos);
  arrival.event_id = "urn:a#1";
  CHECK(flow::reason_of(appended, arrival, true).find("joined") == std::string::npos);
}
