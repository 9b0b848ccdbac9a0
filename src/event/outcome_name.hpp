#pragma once

#include "event/outcome.hpp"

#include <string_view>

namespace dispatch {

/// The beginning of an attempt's error if a jq program of its subscription failed on the event. Journals
/// contain these texts, so they never change.
inline constexpr std::string_view filter_error_begin = "the filter of subscription ";
inline constexpr std::string_view transform_error_begin = "the transform of subscription ";

inline constexpr std::string_view filter_failed = "filter_failed";
inline constexpr std::string_view transform_failed = "transform_failed";

/// The outcome of an attempt in one word for people, logs and metrics: to_string(kind), or `filter_failed` or
/// `transform_failed` for a request that was refused for such an error.
constexpr std::string_view outcome_name(OutcomeKind kind, std::string_view error) {
  if (kind == OutcomeKind::refused && error.starts_with(filter_error_begin)) return filter_failed;
  if (kind == OutcomeKind::refused && error.starts_with(transform_error_begin)) return transform_failed;
  return to_string(kind);
}

}  // namespace dispatch
