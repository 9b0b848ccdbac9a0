#pragma once

#include "event/outcome.hpp"

#include <string_view>

namespace dispatch {

/// What the error of an attempt begins with whose request was not made because a jq program of its
/// subscription failed on the event. Journals hold these texts: they never change.
inline constexpr std::string_view filter_error_begin = "the filter of subscription ";
inline constexpr std::string_view transform_error_begin = "the transform of subscription ";

inline constexpr std::string_view filter_failed = "filter_failed";
inline constexpr std::string_view transform_failed = "transform_failed";

/// How an attempt ended, in one word for people, logs and metrics: to_string(kind), but `filter_failed` and
/// `transform_failed` for a request that was refused for such an error.
constexpr std::string_view outcome_name(OutcomeKind kind, std::string_view error) {
  if (kind == OutcomeKind::refused && error.starts_with(filter_error_begin)) return filter_failed;
  if (kind == OutcomeKind::refused && error.starts_with(transform_error_begin)) return transform_failed;
  return to_string(kind);
}

}  // namespace dispatch
