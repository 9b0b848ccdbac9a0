#include "base/jq.hpp"

#include "base/error.hpp"
#include "base/jq_process.hpp"

#include <utility>

namespace dispatch {

JqResult<JqProgram> JqProgram::compile(std::string_view text, JqLimits limits) {
  return Jq{limits}.compile(text);
}

JqProgram::JqProgram(std::shared_ptr<JqProcess> process, std::string text)
    : process_(std::move(process)), text_(std::move(text)) {}

JqResult<> JqProgram::load() {
  const auto life = process_->life();
  if (!life) return tl::unexpected(life.error());
  if (*life == life_) return {};
  const auto number = process_->compile(text_);
  if (!number) return tl::unexpected(number.error());
  number_ = *number;
  life_ = *life;
  return {};
}

JqResult<std::optional<std::string>> JqProgram::run(std::string_view json) {
  DISPATCH_TRY(load());
  return process_->run(number_, json);
}

JqResult<bool> JqProgram::holds(std::string_view json) {
  const auto output = run(json);
  if (!output) return tl::unexpected(output.error());
  return is_true(*output);
}

Jq::Jq(JqLimits limits) : process_(std::make_shared<JqProcess>(limits)) {}

JqResult<JqProgram> Jq::compile(std::string_view text) const {
  JqProgram program{process_, std::string{text}};
  DISPATCH_TRY(program.load());
  return program;
}

}  // namespace dispatch
