#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dispatch {

/// The candidate that `word` was probably meant to be: the one that the fewest changes of a letter lead to,
/// if those are few for its length. Empty where none is near. Borrowed from the candidates.
std::string_view suggestion(std::string_view word, std::span<const std::string> candidates);

/// "; did you mean 'X'?", or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace dispatch
