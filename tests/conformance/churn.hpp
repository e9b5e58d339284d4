// Random operation sequences: every operation goes to the index and to the model, and what each returns is compared.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "conformance/query_checks.hpp"
#include "coppice/balance/criterion.hpp"
#include "coppice/query/statistics.hpp"

namespace coppice::test {

/// Drives one index and its model through random operations. Requires: both empty, or both built alike.
template <class Index, class Scalar>
class Churn {
 public:
  struct Options {
    Shape shape = Shape::uniform;
    bool scattered = false;    ///< the caller's 64-bit ids instead of the library's
    std::size_t target = 300;  ///< the size to hover about
    std::size_t largest_batch = 80;
    bool whole_sets = true;  ///< also box erases, down-sampling, clear and rebuild
  };

  Churn(Index& index, Model<Scalar>& model, Rng& rng, Options options)
      : index_(index), model_(model), rng_(rng), options_(options) {}

  /// One random operation; its name, for the log.
  std::string step() {
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

  std::string insert_one() {
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
  std::string insert_batch() {
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
  std::string erase_one() {
    if (model_.size() == 0) return "nothing to erase";
    const point_id id = some_ids(1)[0];
    index_.erase(id);
    model_.erase(id);
    last_erased_ = id;
    return "erase " + std::to_string(id);
  }
  std::string erase_batch() {
    const auto ids = some_ids(rng_.below(options_.largest_batch) + 1);
    index_.erase(ids);
    for (const point_id id : ids) model_.erase(id);
    return "erase " + std::to_string(ids.size()) + " points";
  }
  std::string move_one() {
    if (model_.size() == 0) return "nothing to move";
    const point_id id = some_ids(1)[0];
    const auto points = nearby(std::span(&id, 1));
    index_.move(id, points.view()[0]);
    model_.put(id, points.view()[0]);
    return "move " + std::to_string(id);
  }
  std::string move_batch() {
    const auto ids = some_ids(rng_.below(options_.largest_batch) + 1);
    const auto points = nearby(ids);
    index_.move(ids, points.view());
    model_.insert(points.view(), ids);
    return "move " + std::to_string(ids.size()) + " points";
  }
  /// A caller's id may come back after its erase.
  std::string reinsert() {
    if (last_erased_ < 0 || model_.contains(last_erased_)) return "nothing to reinsert";
    const auto points = draw(1);
    index_.insert(points.view()[0], last_erased_);
    model_.put(last_erased_, points.view()[0]);
    return "reinsert " + std::to_string(last_erased_);
  }
  std::string box(bool keep) {
    Points<Scalar> lower, upper;
    const auto around = draw(3);
    make_boxes(model_, around.view(), rng_, lower, upper);
    const auto went = keep ? index_.keep_in_box(lower.view()[0], upper.view()[0])
                           : index_.erase_in_box(lower.view()[0], upper.view()[0]);
    EXPECT_EQ(went, model_.erase_in_box(lower.view()[0], upper.view()[0], keep));
    return keep ? "keep in box" : "erase in box";
  }
  std::string down_sample() {
    if (model_.size() == 0) return "nothing to sample";
    const auto& row = model_.points().begin()->second;
    const Scalar cell = std::abs(row[0]) / 64 > 0 ? std::abs(row[0]) / 64 : Scalar(1);
    EXPECT_EQ(index_.down_sample(cell), model_.down_sample(cell));
    return "down-sample by " + std::to_string(cell);
  }
  std::string rebuild() {
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
  std::string clear() {
    index_.clear();
    model_.clear();
    return "clear";
  }

 private:
  Points<Scalar> draw(std::size_t size) { return make_points<Scalar>(options_.shape, size, model_.dimension(), rng_); }

  point_id fresh_id() {
    while (true) {
      const auto id = static_cast<point_id>(rng_.next() >> (rng_.chance(0.5) ? 2 : 40));
      if (!model_.contains(id)) return id;
    }
  }

  /// Different live ids, in no order.
  std::vector<point_id> some_ids(std::size_t size) {
    std::vector<point_id> ids = model_.ids();
    size = std::min(size, ids.size());
    for (std::size_t i = 0; i < size; ++i) std::swap(ids[i], ids[i + rng_.below(ids.size() - i)]);
    ids.resize(size);
    return ids;
  }

  /// Most points move a hair, some far, some not at all, some onto another.
  Points<Scalar> nearby(std::span<const point_id> ids) {
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

  Index& index_;
  Model<Scalar>& model_;
  Rng& rng_;
  Options options_;
  point_id last_erased_ = no_point;
};

inline std::vector<Balance> all_balances() {
  return {Balance::growth(), Balance::avl(1),      Balance::avl(2),  Balance::avl(3),
          Balance::avl(4),   Balance::red_black(), Balance::weight()};
}

/// What statistics must say whatever the structure.
template <class Index, class Scalar>
void expect_sane_statistics(const Index& index, const Model<Scalar>& model) {
  const Statistics statistics = index.statistics();
  const auto points = static_cast<double>(model.size());
  EXPECT_EQ(statistics.points, model.size());
  EXPECT_GE(statistics.leaf_fill, 0);
  EXPECT_LE(statistics.leaf_fill, 1);
  const std::size_t payload = model.size() * static_cast<std::size_t>(model.dimension()) * sizeof(Scalar);
  EXPECT_GE(statistics.bytes, payload);
  if (model.size() > 0) {
    EXPECT_NEAR(statistics.bytes_per_point, static_cast<double>(statistics.bytes) / points,
                statistics.bytes_per_point * 1e-6);
  }
  EXPECT_LE(statistics.height, statistics.binary_height + 1);  // a lone leaf may hang under a root without a plane
}

}  // namespace coppice::test
