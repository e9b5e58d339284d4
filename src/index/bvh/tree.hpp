// What stands behind a Bvh: the primitives by slot, their ids, and the wide tree over them. Slots are the rows that
// were built, later also those of primitives that came in; an erased slot is used again.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "coppice/index/bvh/bvh.hpp"
#include "coppice/index/bvh/node.hpp"
#include "coppice/storage/id_map.hpp"
#include "wide_tree.hpp"

namespace coppice::bvh {

class Tree {
 public:
  explicit Tree(Config config);

  /// Replaces everything. Requires: checked input; `ids` empty: the rows.
  void build(Kind kind, StoredPrimitives&& primitives, std::span<const point_id> ids, const Top* top);
  /// Requires: checked input of this kind. Ids: fresh ones.
  point_id insert(std::span<const Stored> primitives);
  void erase(std::span<const point_id> ids);
  void move(std::span<const point_id> ids, std::span<const Stored> primitives);
  void clear();

  [[nodiscard]] View view() const noexcept {
    return wide_.view(primitives_.data(), ids_.empty() ? nullptr : ids_.data(), extent_);
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  [[nodiscard]] const Config& config() const noexcept { return config_; }
  [[nodiscard]] Config& config() noexcept { return config_; }
  /// The slot of an id, or no_slot.
  [[nodiscard]] std::uint32_t slot_of(point_id id) const noexcept;
  [[nodiscard]] point_id id_of(std::uint32_t slot) const noexcept {
    return ids_.empty() ? static_cast<point_id>(slot) : ids_[slot];
  }
  [[nodiscard]] const Stored& stored(std::uint32_t slot) const noexcept { return primitives_[slot]; }
  [[nodiscard]] Box3 bounds() const noexcept;
  [[nodiscard]] Quality quality() const;
  void validate() const;
  /// Live slots in the order of their ids.
  [[nodiscard]] std::vector<std::uint32_t> slots() const;
  [[nodiscard]] point_id next_id() const noexcept { return next_id_; }
  void set_next_id(point_id id) noexcept { next_id_ = id; }

 private:
  struct Change;  // src/index/bvh/update.cpp
  friend struct Change;

  [[nodiscard]] Growth growth() const;
  /// The configured builder over references, reinsertion included.
  [[nodiscard]] BinaryTree grow_references(Refs&& references, float root_surface, Executor executor) const;
  void optimise(BinaryTree& tree) const;
  void widen(const Stored& s) noexcept;
  void name_slots();  // from here on ids are not the slots

  Config config_;
  Kind kind_ = Kind::triangles;
  WideTree wide_;
  StoredPrimitives primitives_;
  std::vector<point_id> ids_;  ///< by slot, no_point where free; empty while ids are the slots and none is free
  IdMap map_;                  ///< only while `ids_` is used
  std::vector<std::uint32_t> free_slots_;
  std::size_t size_ = 0;
  point_id next_id_ = 0;
  float extent_ = 0;  ///< no coordinate is or was larger
  bool cut_ = false;  ///< some primitives are in several leaves, by parts
  double binary_cost_ = 0;
  double build_seconds_ = 0;
};

}  // namespace coppice::bvh
