// The values at one tuple, in the order in which they came: a single one lies in place, more in a vector. Most tuples
// of a multi-map have one, and then nothing is allocated for it; sixteen bytes hold an id or its vector.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace coppice::kd_map {

/// A short sequence of values; empty at first. `Value`: copyable or movable, not bool. A call that throws has changed
/// nothing, but an assignment may leave the sequence empty where moving a value throws. One moved from may only be
/// assigned to or destroyed.
template <class Value>
class Values {
  static_assert(!std::is_same_v<Value, bool>, "flags have no span in a vector; use char");

 public:
  Values() = default;
  explicit Values(Value value) : stored_(std::in_place_index<1>, std::move(value)) {}
  Values(const Values& other) { copy_from(other); }
  Values(Values&&) = default;
  Values& operator=(const Values& other) {
    if (this != &other) {
      Values copy(other);
      *this = std::move(copy);
    }
    return *this;
  }
  Values& operator=(Values&&) = default;
  ~Values() = default;

  /// All of them. Invalid after the next change.
  [[nodiscard]] std::span<const Value> span() const noexcept {
    if (const Value* one = std::get_if<1>(&stored_)) return {one, 1};
    if (const Many* many = std::get_if<2>(&stored_)) return {(*many)->data(), (*many)->size()};
    return {};
  }
  [[nodiscard]] const Value* begin() const noexcept { return span().data(); }
  [[nodiscard]] const Value* end() const noexcept { return span().data() + size(); }
  [[nodiscard]] std::size_t size() const noexcept { return span().size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  /// Bytes beside the sequence itself; what the values own is not counted.
  [[nodiscard]] std::size_t bytes() const noexcept {
    const Many* many = std::get_if<2>(&stored_);
    return many == nullptr ? 0 : sizeof(**many) + (*many)->capacity() * sizeof(Value);
  }

  /// Adds a value behind the others. O(1) amortised.
  void push_back(Value value) {
    if (Many* many = std::get_if<2>(&stored_)) {
      (*many)->push_back(std::move(value));
    } else if (Value* one = std::get_if<1>(&stored_)) {
      auto both = std::make_unique<std::vector<Value>>();
      both->reserve(2);
      both->push_back(std::move_if_noexcept(*one));
      both->push_back(std::move(value));
      stored_.template emplace<2>(std::move(both));
    } else {
      stored_.template emplace<1>(std::move(value));
    }
  }

  /// Removes the first value that equals `value`; the others keep their order. False where there is none. O(size).
  bool erase(const Value& value) {
    const std::span<const Value> all = span();
    const auto found = std::find(all.begin(), all.end(), value);
    if (found == all.end()) return false;
    const auto at = static_cast<std::size_t>(found - all.begin());
    if (all.size() == 1) {
      stored_ = std::monostate{};
      return true;
    }
    std::vector<Value>& many = **std::get_if<2>(&stored_);
    if constexpr (std::is_nothrow_move_constructible_v<Value> && std::is_nothrow_move_assignable_v<Value>) {
      many.erase(many.begin() + static_cast<std::ptrdiff_t>(at));
      if (many.size() == 1) {
        Value last = std::move(many.front());
        stored_.template emplace<1>(std::move(last));
      }
    } else {
      std::vector<Value> rest;
      rest.reserve(many.size() - 1);
      for (std::size_t i = 0; i < many.size(); ++i)
        if (i != at) rest.push_back(many[i]);
      many.swap(rest);
    }
    return true;
  }

 private:
  using Many = std::unique_ptr<std::vector<Value>>;

  void copy_from(const Values& other) {
    if (const Value* one = std::get_if<1>(&other.stored_))
      stored_.template emplace<1>(*one);
    else if (const Many* many = std::get_if<2>(&other.stored_))
      stored_.template emplace<2>(std::make_unique<std::vector<Value>>(**many));
  }

  std::variant<std::monostate, Value, Many> stored_;
};

}  // namespace coppice::kd_map
