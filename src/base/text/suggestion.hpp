#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dispatch {

/// The candidate that `word` is probably a mistyping of: the one with the smallest edit distance, if that is
/// small for its length. Empty if none is similar. Borrowed from the candidates.
std::string_view suggestion(std::string_view word, std::span<const std::string> candidates);

/// "; did you mean 'X'?", or an empty text.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace dispatch
