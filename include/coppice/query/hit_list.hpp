// Room for the answer of one range query that is used again for the next.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>

#include "coppice/query/hit.hpp"

namespace coppice {

/// The hits of one range query, array beside array. A search replaces what is in it and enlarges it where it must, so
/// a loop that asks with the same list allocates nothing once the list has met its largest answer.
template <class Scalar>
class HitList {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::span<const point_id> ids() const noexcept { return {ids_.get(), size_}; }
  /// The metric's keys, as in Hit; empty after a box query.
  [[nodiscard]] std::span<const Scalar> distances_squared() const noexcept {
    return {keys_.get(), has_keys_ ? size_ : 0};
  }

  // For searches: entries up to `capacity()` and `slack` beyond may be written before `resize` says how many count.
  static constexpr std::size_t slack = 8;
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] point_id* id_data() noexcept { return ids_.get(); }
  [[nodiscard]] Scalar* key_data() noexcept { return keys_.get(); }
  /// Room for `wanted` hits; the first `kept` stay.
  void reserve(std::size_t wanted, std::size_t kept) {
    if (wanted <= capacity_) return;
    std::unique_ptr<point_id[]> ids(new point_id[wanted + slack]);
    std::unique_ptr<Scalar[]> keys(new Scalar[wanted + slack]);
    std::copy_n(ids_.get(), kept, ids.get());
    std::copy_n(keys_.get(), kept, keys.get());
    ids_ = std::move(ids);
    keys_ = std::move(keys);
    capacity_ = wanted;
  }
  void resize(std::size_t size, bool has_keys) noexcept {
    size_ = size;
    has_keys_ = has_keys;
  }

 private:
  std::unique_ptr<point_id[]> ids_;
  std::unique_ptr<Scalar[]> keys_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  bool has_keys_ = false;
};

}  // namespace coppice
