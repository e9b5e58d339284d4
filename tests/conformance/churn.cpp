// The operations behind churn.hpp, compiled once a scalar type.

#include "conformance/churn.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace coppice::test {

template <class Scalar>
std::string Churn<Scalar>::clear() {
  index_.clear();
  model_.clear();
  return "clear";
}

template <class Scalar>
point_id Churn<Scalar>::fresh_id() {
  while (true) {
    const auto id = static_cast<point_id>(rng_.next() >> (rng_.chance(0.5) ? 2 : 40));
    if (!model_.contains(id)) return id;
  }
}

template <class Scalar>
Points<Scalar> Churn<Scalar>::nearby(std::span<const point_id> ids) {
  Points<Scalar> points = draw(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto& row = model_.points().at(ids[i]);
    const auto& other = model_.points().at(rng_.pick(ids));
    const std::size_t kind = rng_.below(8);
    for (std::size_t axis = 0; axis < row.size(); ++axis) {
      Scalar& x = points.coordinates[i * row.size() + axis];
      if (kind < 5) x = row[axis] * static_cast<Scalar>(kind == 0 ? 1.0 : rng_.uniform(0.99, 1));
      if (kind == 5) x = other[axis];
    }
  }
  return points;
}

template <class Scalar>
std::string Churn<Scalar>::step() {
  const bool grow = model_.size() < options_.target;
  const std::size_t kind = rng_.below(options_.whole_sets ? 100 : 85);
  if (kind < 20) return grow ? insert_one() : erase_one();
  if (kind < 30) return insert_one();
  if (kind < 40) return erase_one();
  if (kind < 55) return move_one();
  if (kind < 65) return grow ? insert_batch() : erase_batch();
  if (kind < 70) return insert_batch();
  if (kind < 75) return erase_batch();
  if (kind < 85) return move_batch();
  if (kind < 90) return box(false);
  if (kind < 93) return box(true);
  if (kind < 97) return reinsert();
  if (kind < 98) return down_sample();
  if (kind < 99) return rebuild();
  return clear();
}

template <class Scalar>
std::string Churn<Scalar>::insert_one() {
  const auto points = draw(1);
  if (options_.scattered) {
    const point_id id = fresh_id();
    index_.insert(points.view()[0], id);
    model_.put(id, points.view()[0]);
    return "insert one as " + std::to_string(id);
  }
  EXPECT_EQ(index_.insert(points.view()[0]), model_.next_id());
  model_.insert(points.view());
  return "insert one";
}

template <class Scalar>
std::string Churn<Scalar>::insert_batch() {
  const auto points = draw(rng_.below(options_.largest_batch) + 1);
  if (options_.scattered) {
    std::vector<point_id> ids;
    for (std::size_t i = 0; i < points.size(); ++i) ids.push_back(fresh_id());
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (std::size_t i = ids.size(); i > 1; --i) std::swap(ids[i - 1], ids[rng_.below(i)]);
    const auto rows = points.view().slice(0, ids.size());
    index_.insert(rows, ids);
    model_.insert(rows, ids);
  } else {
    EXPECT_EQ(index_.insert(points.view()), model_.next_id());
    model_.insert(points.view());
  }
  return "insert " + std::to_string(points.size());
}

template <class Scalar>
std::string Churn<Scalar>::erase_one() {
  if (model_.size() == 0) return "nothing to erase";
  const point_id id = some_ids(1)[0];
  index_.erase(id);
  model_.erase(id);
  last_erased_ = id;
  return "erase " + std::to_string(id);
}

template <class Scalar>
std::string Churn<Scalar>::erase_batch() {
  const auto ids = some_ids(rng_.below(options_.largest_batch) + 1);
  index_.erase(ids);
  for (const point_id id : ids) model_.erase(id);
  return "erase " + std::to_string(ids.size()) + " points";
}

template <class Scalar>
std::string Churn<Scalar>::move_one() {
  if (model_.size() == 0) return "nothing to move";
  const point_id id = some_ids(1)[0];
  const auto points = nearby(std::span(&id, 1));
  index_.move(id, points.view()[0]);
  model_.put(id, points.view()[0]);
  return "move " + std::to_string(id);
}

template <class Scalar>
std::string Churn<Scalar>::move_batch() {
  const auto ids = some_ids(rng_.below(options_.largest_batch) + 1);
  const auto points = nearby(ids);
  index_.move(ids, points.view());
  model_.insert(points.view(), ids);
  return "move " + std::to_string(ids.size()) + " points";
}

template <class Scalar>
std::string Churn<Scalar>::reinsert() {
  if (last_erased_ < 0 || model_.contains(last_erased_)) return "nothing to reinsert";
  const auto points = draw(1);
  index_.insert(points.view()[0], last_erased_);
  model_.put(last_erased_, points.view()[0]);
  return "reinsert " + std::to_string(last_erased_);
}

template <class Scalar>
std::string Churn<Scalar>::box(bool keep) {
  Points<Scalar> lower, upper;
  const auto around = draw(3);
  make_boxes(model_, around.view(), rng_, lower, upper);
  const auto went = keep ? index_.keep_in_box(lower.view()[0], upper.view()[0])
                         : index_.erase_in_box(lower.view()[0], upper.view()[0]);
  EXPECT_EQ(went, model_.erase_in_box(lower.view()[0], upper.view()[0], keep));
  return keep ? "keep in box" : "erase in box";
}

template <class Scalar>
std::string Churn<Scalar>::down_sample() {
  if (model_.size() == 0) return "nothing to sample";
  const auto& row = model_.points().begin()->second;
  const Scalar cell = std::abs(row[0]) / 64 > 0 ? std::abs(row[0]) / 64 : Scalar(1);
  EXPECT_EQ(index_.down_sample(cell), model_.down_sample(cell));
  return "down-sample by " + std::to_string(cell);
}

template <class Scalar>
std::string Churn<Scalar>::rebuild() {
  const auto points = draw(options_.target / 2);
  if (options_.scattered) {
    const auto ids = scattered_ids(points.size(), rng_);
    index_.build(points.view(), ids);
    model_.clear();
    model_.insert(points.view(), ids);
  } else {
    index_.build(points.view());
    model_.build(points.view());
  }
  return "rebuild";
}

template <class Scalar>
std::vector<point_id> Churn<Scalar>::some_ids(std::size_t size) {
  std::vector<point_id> ids = model_.ids();
  size = std::min(size, ids.size());
  for (std::size_t i = 0; i < size; ++i) std::swap(ids[i], ids[i + rng_.below(ids.size() - i)]);
  ids.resize(size);
  return ids;
}

template class Churn<float>;
template class Churn<double>;

}  // namespace coppice::test
