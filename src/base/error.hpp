#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <tl/expected.hpp>

namespace dispatch {

/// The kind of a failure. It decides only the exit code (see cli/exit_code.hpp).
enum class Failure {
  failed,       ///< the operation failed: journal, disk, local network, internal
  usage,        ///< the request was wrong: flag, configuration, missing input file
  unavailable,  ///< the journal is in use, of another application, or of a newer version
  interrupted,  ///< a signal ended the operation before it changed anything more
};

/// An expected failure. `message` says what failed, on what, why, and what to do next: one line without a
/// full stop at the end, to be printed after "dispatch: ".
struct Error {
  Failure failure = Failure::failed;
  std::string message;
};

template <class T = void>
using Result = tl::expected<T, Error>;

/// `return fail("cannot open {}: {}", path, why);` in a function that returns a Result.
template <class... Args>
tl::unexpected<Error> fail(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(Error{Failure::failed, fmt::format(format, std::forward<Args>(args)...)});
}

/// The same for a mistake of the user.
template <class... Args>
tl::unexpected<Error> misuse(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(Error{Failure::usage, fmt::format(format, std::forward<Args>(args)...)});
}

/// The same for a journal that cannot be used.
template <class... Args>
tl::unexpected<Error> unavailable(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(Error{Failure::unavailable, fmt::format(format, std::forward<Args>(args)...)});
}

/// The same for an operation that a signal ended.
template <class... Args>
tl::unexpected<Error> interrupted(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(Error{Failure::interrupted, fmt::format(format, std::forward<Args>(args)...)});
}

/// True for a Result whose value nobody has to hold: not for one of a lock or another owner, which cannot be
/// copied.
template <class AnyResult, class Value = typename AnyResult::value_type>
inline constexpr bool may_be_dropped = std::is_void_v<Value> || std::is_copy_constructible_v<Value>;

}  // namespace dispatch

/// Evaluates a Result expression; if it is an error, returns the error from the enclosing function. The value
/// is dropped, so a Result of a lock or another owner does not compile: hold it with DISPATCH_ASSIGN.
#define DISPATCH_TRY(expression)                                                             \
  do {                                                                                       \
    auto dispatch_try_result = (expression);                                                 \
    static_assert(::dispatch::may_be_dropped<decltype(dispatch_try_result)>);                \
    if (!dispatch_try_result) return tl::unexpected(std::move(dispatch_try_result).error()); \
  } while (false)

#define DISPATCH_JOIN_AGAIN(left, right) left##right
#define DISPATCH_JOIN(left, right) DISPATCH_JOIN_AGAIN(left, right)
#define DISPATCH_ASSIGN_TO(result, declaration, ...)             \
  auto result = (__VA_ARGS__);                                   \
  if (!result) return tl::unexpected(std::move(result).error()); \
  declaration = *std::move(result)

/// Declares a variable with the value of a Result, or returns the error from the enclosing function:
/// `DISPATCH_ASSIGN(const auto rows, journal.scan(queue, after, limit));`
#define DISPATCH_ASSIGN(declaration, ...) \
  DISPATCH_ASSIGN_TO(DISPATCH_JOIN(dispatch_assign_result_, __LINE__), declaration, __VA_ARGS__)
