#pragma once

#include <compare>
#include <functional>
#include <utility>

namespace dispatch {

/// A value of type T that cannot be confused with another T. `Tag` can be any type and serves only as a name.
/// Ordered and hashable like T. No arithmetic: write `SequenceNumber{n.value() + 1}`.
template <class Tag, class T>
class Strong {
 public:
  using value_type = T;

  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(std::move(value)) {}

  constexpr const T& value() const { return value_; }
  friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

 private:
  T value_{};
};

}  // namespace dispatch

template <class Tag, class T>
struct std::hash<dispatch::Strong<Tag, T>> {
  std::size_t operator()(const dispatch::Strong<Tag, T>& strong) const noexcept {
    return std::hash<T>{}(strong.value());
  }
};
