#include "jq/program.hpp"

#include "base/error.hpp"
#include "jq/process.hpp"

#include <utility>

namespace dispatch::jq {

RunResult<Program> Program::compile(std::string_view text, Limits limits) {
  return Interpreter{limits}.compile(text);
}

Program::Program(std::shared_ptr<Process> process, std::string text)
    : process_(std::move(process)), text_(std::move(text)) {}

RunResult<> Program::load() {
  DISPATCH_ASSIGN(const auto life, process_->life());
  if (life == life_) return {};
  DISPATCH_ASSIGN(number_, process_->compile(text_));
  life_ = life;
  return {};
}

RunResult<std::optional<std::string>> Program::run(std::string_view json) {
  DISPATCH_TRY(load());
  return process_->run(number_, json);
}

RunResult<bool> Program::holds(std::string_view json) {
  return run(json).map([](const std::optional<std::string>& output) { return is_true(output); });
}

Interpreter::Interpreter(Limits limits) : process_(std::make_shared<Process>(limits)) {}

RunResult<Program> Interpreter::compile(std::string_view text) const {
  Program program{process_, std::string{text}};
  DISPATCH_TRY(program.load());
  return program;
}

}  // namespace dispatch::jq
