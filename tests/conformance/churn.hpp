// Random operation sequences: every operation goes to the index and to the model, and what each returns is compared.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "conformance/faces.hpp"
#include "conformance/query_checks.hpp"
#include "coppice/balance/criterion.hpp"
#include "coppice/query/statistics.hpp"

namespace coppice::test {

/// Drives one index and its model through random operations. Requires: both empty, or both built alike.
template <class Scalar>
class Churn {
 public:
  struct Options {
    Shape shape = Shape::uniform;
    bool scattered = false;    ///< the caller's 64-bit ids instead of the library's
    std::size_t target = 300;  ///< the size to hover about
    std::size_t largest_batch = 80;
    bool whole_sets = true;  ///< also box erases, down-sampling, clear and rebuild
  };

  Churn(Updates<Scalar>& index, Model<Scalar>& model, Rng& rng, Options options)
      : index_(index), model_(model), rng_(rng), options_(options) {}

  /// One random operation; its name, for the log.
  std::string step();

  std::string insert_one();
  std::string insert_batch();
  std::string erase_one();
  std::string erase_batch();
  std::string move_one();
  std::string move_batch();
  /// A caller's id may come back after its erase.
  std::string reinsert();
  std::string box(bool keep);
  std::string down_sample();
  std::string rebuild();
  std::string clear();

 private:
  Points<Scalar> draw(std::size_t size) { return make_points<Scalar>(options_.shape, size, model_.dimension(), rng_); }

  point_id fresh_id();

  /// Different live ids, in no order.
  std::vector<point_id> some_ids(std::size_t size);

  /// Most points move a hair, some far, some not at all, some onto another.
  Points<Scalar> nearby(std::span<const point_id> ids);

  Updates<Scalar>& index_;
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
  // Without leaves but with nodes, points of one place share its coordinates.
  const std::size_t rows = statistics.leaves == 0 && statistics.nodes != 0 ? statistics.nodes : model.size();
  const std::size_t payload = rows * static_cast<std::size_t>(model.dimension()) * sizeof(Scalar);
  EXPECT_GE(statistics.bytes, payload);
  if (model.size() > 0) {
    EXPECT_NEAR(statistics.bytes_per_point, static_cast<double>(statistics.bytes) / points,
                statistics.bytes_per_point * 1e-6);
  }
  EXPECT_LE(statistics.height, statistics.binary_height + 1);  // a lone leaf may hang under a root without a plane
}

}  // namespace coppice::test
