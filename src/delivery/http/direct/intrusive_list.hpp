#pragma once

namespace dispatch::delivery {

/// A place in an IntrusiveList, a member of what is listed. Leaves its list when it is destroyed.
template <class Item>
class ListHook {
 public:
  explicit ListHook(Item& item) : item_(&item) {}
  ListHook(const ListHook&) = delete;
  ListHook& operator=(const ListHook&) = delete;
  ~ListHook() { unlink(); }

  bool is_linked() const { return next_ != nullptr; }
  void unlink() {
    if (!is_linked()) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = nullptr;
  }

 private:
  template <class>
  friend class IntrusiveList;
  ListHook() = default;
  void link_before(ListHook& other) {
    previous_ = other.previous_;
    next_ = &other;
    previous_->next_ = this;
    other.previous_ = this;
  }

  Item* item_ = nullptr;
  ListHook* previous_ = nullptr;
  ListHook* next_ = nullptr;
};

/// A list that neither owns its items nor allocates: each has a hook in it. Every operation takes the same
/// short time. Must not move, and outlive the hooks in it.
template <class Item>
class IntrusiveList {
 public:
  IntrusiveList() { end_.previous_ = end_.next_ = &end_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() {
    while (!empty()) end_.next_->unlink();
    end_.previous_ = end_.next_ = nullptr;
  }

  bool empty() const { return end_.next_ == &end_; }
  /// Null if empty.
  Item* front() const { return end_.next_->item_; }
  Item* back() const { return end_.previous_->item_; }
  /// Links a hook that is in no list.
  void push_back(ListHook<Item>& hook) { hook.link_before(end_); }

 private:
  ListHook<Item> end_;
};

}  // namespace dispatch::delivery
