#pragma once

#include "base/error.hpp"

#include <span>
#include <utility>
#include <vector>

namespace dispatch::test {

/// The answers to a batch of a journal that answers one question at a time.
template <class Question, class Ask>
auto ask_singly(std::span<const Question> questions, Ask ask)
    -> Result<std::vector<typename decltype(ask(questions.front()))::value_type>> {
  std::vector<typename decltype(ask(questions.front()))::value_type> answers;
  for (const Question& question : questions) {
    auto answer = ask(question);
    if (!answer) return tl::unexpected(std::move(answer).error());
    answers.push_back(std::move(*answer));
  }
  return answers;
}

}  // namespace dispatch::test
