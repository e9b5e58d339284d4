// Updates: ids and slots of what comes, goes and moves; what it does to the tree is in change.hpp.
#include "change.hpp"
#include "coppice/storage/id_check.hpp"

namespace coppice::bvh {

void Tree::name_slots() {
  if (!ids_.empty() || primitives_.empty()) return;
  ids_.resize(primitives_.size());
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    ids_[i] = static_cast<point_id>(i);
    map_.assign(ids_[i], static_cast<std::uint32_t>(i));
  }
}

point_id Tree::insert(std::span<const Stored> primitives) {
  const point_id first = next_id_;
  if (primitives.empty()) return first;
  name_slots();
  const bool many = primitives.size() > size_;
  Change change(*this);
  for (const Stored& s : primitives) {
    widen(s);
    auto slot = static_cast<std::uint32_t>(primitives_.size());
    if (!free_slots_.empty()) {
      slot = free_slots_.back();
      free_slots_.pop_back();
      primitives_[slot] = s;
      ids_[slot] = next_id_;
    } else {
      primitives_.push_back(s);
      ids_.push_back(next_id_);
    }
    map_.assign(next_id_, slot);
    ++next_id_;
    ++size_;
    if (!many) change.add(slot);
  }
  many ? change.rebuild_all() : change.repair();
  return first;
}

void Tree::erase(std::span<const point_id> ids) {
  name_slots();
  storage::check_known(ids, map_);
  if (ids.empty()) return;
  Change change(*this);
  for (const point_id id : ids) {
    const std::uint32_t slot = map_.take(id);
    change.remove(slot);
    ids_[slot] = no_point;
    free_slots_.push_back(slot);
    --size_;
  }
  change.repair();
}

void Tree::move(std::span<const point_id> ids, std::span<const Stored> primitives) {
  name_slots();
  storage::check_known(ids, map_);
  if (ids.empty()) return;
  Change change(*this);
  const bool many = 4 * ids.size() > size_;
  if (many && !cut_) change.locate_all();
  std::vector<std::size_t> far;  // places in leaves hold as long as nothing comes or goes
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::uint32_t slot = map_.find(ids[i]);
    widen(primitives[i]);
    if (many && cut_)
      primitives_[slot] = primitives[i];
    else if (!change.move_in_place(slot, primitives[i]))
      far.push_back(i);
  }
  if ((many && cut_) || 4 * far.size() > size_) {
    for (const std::size_t i : far) primitives_[map_.find(ids[i])] = primitives[i];
    change.rebuild_all();
    return;
  }
  for (const std::size_t i : far) {
    const std::uint32_t slot = map_.find(ids[i]);
    change.remove(slot);
    primitives_[slot] = primitives[i];
    change.add(slot);
  }
  change.repair();
}

}  // namespace coppice::bvh
