#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace dispatch::delivery {

template <class Item>
class Deadlines;

/// A place among Deadlines, a member of what has the deadline. Leaves them when it is destroyed.
template <class Item>
class DeadlineHook {
 public:
  explicit DeadlineHook(Item& item) : item_(&item) {}
  DeadlineHook(const DeadlineHook&) = delete;
  DeadlineHook& operator=(const DeadlineHook&) = delete;
  ~DeadlineHook() { unlink(); }

  bool is_linked() const { return deadlines_ != nullptr; }
  void unlink() {
    if (is_linked()) deadlines_->remove(*this);
  }

 private:
  friend class Deadlines<Item>;
  Item* const item_;
  Deadlines<Item>* deadlines_ = nullptr;  // null: in none
  std::size_t index_ = 0;
};

/// The deadlines of what is under way: a binary heap in which each item knows its place. Adding one takes a
/// short time where it is the latest, as most are, and otherwise, like removing, a time that grows with the
/// logarithm of their number. `Item` has a member `SteadyTime deadline`, which stays the same while it is in
/// here. Must not move, and outlive the hooks in it or be empty.
template <class Item>
class Deadlines {
 public:
  Deadlines() = default;
  Deadlines(const Deadlines&) = delete;
  Deadlines& operator=(const Deadlines&) = delete;
  ~Deadlines() {
    for (DeadlineHook<Item>* const hook : heap_) hook->deadlines_ = nullptr;
  }

  /// Adds an item whose hook is in none.
  void add(DeadlineHook<Item>& hook) {
    hook.deadlines_ = this;
    hook.index_ = heap_.size();
    heap_.push_back(&hook);
    rise(hook.index_);
  }

  /// The earliest deadline; nothing if there is none.
  std::optional<SteadyTime> next() const { return heap_.empty() ? std::nullopt : std::optional{deadline(0)}; }

  /// An item whose deadline is the earliest; null if there is none.
  Item* earliest() const { return heap_.empty() ? nullptr : heap_.front()->item_; }

 private:
  friend class DeadlineHook<Item>;

  SteadyTime deadline(std::size_t index) const { return heap_[index]->item_->deadline; }

  void remove(DeadlineHook<Item>& hook) {
    const std::size_t index = hook.index_;
    swap(index, heap_.size() - 1);
    heap_.pop_back();
    hook.deadlines_ = nullptr;
    if (index == heap_.size()) return;
    sink(index);
    rise(index);
  }

  void rise(std::size_t index) {
    for (; index > 0 && deadline(index) < deadline((index - 1) / 2); index = (index - 1) / 2)
      swap(index, (index - 1) / 2);
  }

  void sink(std::size_t index) {
    while (true) {
      std::size_t first = index;
      for (const std::size_t child : {2 * index + 1, 2 * index + 2})
        if (child < heap_.size() && deadline(child) < deadline(first)) first = child;
      if (first == index) return;
      swap(index, first);
      index = first;
    }
  }

  void swap(std::size_t one, std::size_t other) {
    std::swap(heap_[one], heap_[other]);
    heap_[one]->index_ = one;
    heap_[other]->index_ = other;
  }

  std::vector<DeadlineHook<Item>*> heap_;
};

}  // namespace dispatch::delivery
