// The seam between the drivers (validation, threads, order, CSR) and the compiled kernels (traversal and arithmetic):
// plain structs for a batch of work, and the table of functions an index offers for it. Crossing the seam costs one
// indirect call a batch, so each instruction set can have its own compiled copy of everything beyond it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/query/queries.hpp"
#include "coppice/query/searchable.hpp"
#include "coppice/query/strategy.hpp"

namespace coppice {

/// A metric as kernels see it.
template <class Scalar>
struct MetricData {
  MetricKind kind = MetricKind::l2;
  const Scalar* weights = nullptr;  ///< one an axis; weighted_l2 only
  const Scalar* lengths = nullptr;  ///< periodic lengths, infinite for open axes; null: nothing is periodic
  [[nodiscard]] bool is_plain_l2() const noexcept { return kind == MetricKind::l2 && lengths == nullptr; }
};

/// `count` nearest-neighbour queries, in the order to ask them in: rows[0], rows[1], … of `points`, or 0, 1, … where
/// `rows` is null. The answer to row r is keys[r·stride …], ids[r·stride …], the first found[r] ≤ k of them.
template <class Scalar>
struct NearestBatch {
  PointView<Scalar> points;
  const std::uint32_t* rows = nullptr;
  std::size_t count = 0;
  std::size_t k = 1;
  std::size_t stride = 1;
  Scalar limit{};  ///< only keys up to this one
  MetricData<Scalar> metric{};
  const IdFilter* filter = nullptr;
  Strategy strategy{};
  Scalar* keys = nullptr;
  point_id* ids = nullptr;
  std::size_t* found = nullptr;
};

/// Where range queries put their hits: ids always, keys where `keys` is set. A kernel asks for room before it writes
/// and may write up to 8 entries past `size`. In counting mode it only adds to `size`.
template <class Scalar>
struct HitSink {
  Scalar* keys = nullptr;
  point_id* ids = nullptr;
  std::size_t size = 0;
  std::size_t capacity = 0;
  bool counting = false;
  void (*grow)(HitSink&, std::size_t more) = nullptr;  ///< makes room for `more` beyond `size`, and the slack
  bool (*drain)(HitSink&) = nullptr;  ///< where set, called after every block of hits; false stops the search

  void reserve(std::size_t more) {
    if (size + more > capacity) grow(*this, more);
  }
  /// One hit, for kernels that find them one by one; false: drain stopped it.
  bool put(Scalar key, point_id id) {
    if (!counting) {
      reserve(1);
      if (keys != nullptr) keys[size] = key;
      ids[size] = id;
    }
    ++size;
    return drain == nullptr || drain(*this);
  }
};

/// One range query: everything with key ≤ limit.
template <class Scalar>
struct BallQuery {
  const Scalar* point = nullptr;
  Scalar limit{};
  MetricData<Scalar> metric{};
  const IdFilter* filter = nullptr;
  bool containment = true;  ///< what lies wholly inside need not be tested
};

/// One box query: lower ≤ x ≤ upper on every axis.
template <class Scalar>
struct RegionQuery {
  const Scalar* lower = nullptr;
  const Scalar* upper = nullptr;
  const IdFilter* filter = nullptr;
};

/// Receives hits in ascending order; false stops.
template <class Scalar>
struct AscendingVisitor {
  void* context = nullptr;
  bool (*visit)(void* context, const Hit<Scalar>& hit) = nullptr;
};

/// What an index can search, compiled for one instruction set. `view` is the index's own structure.
template <class Scalar>
struct SearchKernels {
  void (*nearest)(const void* view, const NearestBatch<Scalar>& batch);
  bool (*within)(const void* view, const BallQuery<Scalar>& query, HitSink<Scalar>& sink);  ///< false: drain stopped it
  bool (*in_box)(const void* view, const RegionQuery<Scalar>& query, HitSink<Scalar>& sink);
  /// For every row the smallest id at exactly this point, or no_point.
  void (*find)(const void* view, const PointView<Scalar>& points, point_id* ids);
  bool (*ascend)(const void* view, const BallQuery<Scalar>& query, const AscendingVisitor<Scalar>& visitor);

  // Null where the index shows no nodes.

  /// As within, by a strategy, adding up its work.
  bool (*within_by)(const void* view, const BallQuery<Scalar>& query, Strategy strategy, SearchWork& work,
                    HitSink<Scalar>& sink) = nullptr;
  /// As nearest, adding up its work; answers mean nothing when the limit of the work was met.
  void (*nearest_counted)(const void* view, const NearestBatch<Scalar>& batch, SearchWork& work) = nullptr;
  void (*home_path)(const void* view, const Scalar* point, HomePath<Scalar>& path) = nullptr;
};

}  // namespace coppice
