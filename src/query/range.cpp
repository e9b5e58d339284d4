// Range queries over any index's kernels: everything in a ball or a box, counted, collected into CSR, or visited.
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "checks.hpp"

namespace coppice::query {
namespace {

/// The most queries a thread takes at a time: range queries cost more than nearest ones, so fewer.
constexpr std::size_t longest_chunk = 64;
/// What a kernel may write past the last hit.
constexpr std::size_t slack = 8;

/// The hits of one chunk of queries.
template <class Scalar>
class HitBuffer : public HitSink<Scalar> {
 public:
  explicit HitBuffer(bool with_keys) {
    this->grow = [](HitSink<Scalar>& sink, std::size_t more) { static_cast<HitBuffer&>(sink).enlarge(more); };
    with_keys_ = with_keys;
    enlarge(256);
  }
  HitBuffer(const HitBuffer&) = delete;
  HitBuffer& operator=(const HitBuffer&) = delete;

 private:
  void enlarge(std::size_t more) {
    const std::size_t wanted = std::max(2 * this->capacity, this->size + more);
    id_memory_.resize(wanted + slack);
    this->ids = id_memory_.data();
    if (with_keys_) {
      key_memory_.resize(wanted + slack);
      this->keys = key_memory_.data();
    }
    this->capacity = wanted;
  }

  bool with_keys_;
  std::vector<Scalar> key_memory_;
  std::vector<point_id> id_memory_;
};

template <class Scalar>
void sort_hits(HitSink<Scalar>& sink, std::size_t first, Order order, std::vector<Hit<Scalar>>& scratch) {
  if (order == Order::none) return;
  if (sink.keys == nullptr) {
    std::sort(sink.ids + first, sink.ids + sink.size);
    return;
  }
  scratch.clear();
  for (std::size_t i = first; i < sink.size; ++i) scratch.push_back({sink.keys[i], sink.ids[i]});
  if (order == Order::by_distance)
    std::sort(scratch.begin(), scratch.end());
  else
    std::sort(scratch.begin(), scratch.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (std::size_t i = 0; i < scratch.size(); ++i) {
    sink.keys[first + i] = scratch[i].distance_squared;
    sink.ids[first + i] = scratch[i].id;
  }
}

/// Runs `search(row, sink)` for every row, chunk by chunk, and puts the chunks together in the order of the rows.
template <class Scalar, class Search>
Neighbors<Scalar> collect(std::size_t rows, bool with_keys, Order order, const Executor& executor, Search search) {
  const std::size_t grain = chunk_of(rows, longest_chunk, executor);
  const std::size_t chunks = (rows + grain - 1) / grain;
  std::vector<std::unique_ptr<HitBuffer<Scalar>>> buffers(chunks);
  Neighbors<Scalar> answer;
  answer.offsets.assign(rows + 1, 0);
  executor.for_each_chunk(rows, grain, [&](std::size_t first, std::size_t last) {
    auto buffer = std::make_unique<HitBuffer<Scalar>>(with_keys);
    std::vector<Hit<Scalar>> scratch;
    for (std::size_t row = first; row < last; ++row) {
      const std::size_t before = buffer->size;
      search(row, *buffer);
      sort_hits(*buffer, before, order, scratch);
      answer.offsets[row + 1] = static_cast<std::int64_t>(buffer->size - before);
    }
    buffers[first / grain] = std::move(buffer);
  });
  for (std::size_t row = 0; row < rows; ++row) answer.offsets[row + 1] += answer.offsets[row];
  const auto total = static_cast<std::size_t>(answer.offsets.back());
  answer.ids.reserve(total);
  if (with_keys) answer.distances.reserve(total);
  for (std::unique_ptr<HitBuffer<Scalar>>& buffer : buffers) {
    answer.ids.insert(answer.ids.end(), buffer->ids, buffer->ids + buffer->size);
    if (with_keys) answer.distances.insert(answer.distances.end(), buffer->keys, buffer->keys + buffer->size);
    buffer.reset();
  }
  return answer;
}

/// A sink that hands every hit to `take(key or 0, id)` and forgets it.
template <class Scalar, class Take>
class HitStream : public HitSink<Scalar> {
 public:
  HitStream(bool with_keys, Take take) : take_(std::move(take)) {
    id_memory_.resize(block + slack);
    this->ids = id_memory_.data();
    if (with_keys) {
      key_memory_.resize(block + slack);
      this->keys = key_memory_.data();
    }
    this->capacity = block;
    this->grow = [](HitSink<Scalar>& sink, std::size_t more) { static_cast<HitStream&>(sink).enlarge(more); };
    this->drain = [](HitSink<Scalar>& sink) { return static_cast<HitStream&>(sink).hand_over(); };
  }
  HitStream(const HitStream&) = delete;
  HitStream& operator=(const HitStream&) = delete;

 private:
  static constexpr std::size_t block = 64;

  void enlarge(std::size_t more) {
    this->capacity = this->size + more;
    id_memory_.resize(this->capacity + slack);
    this->ids = id_memory_.data();
    if (this->keys == nullptr) return;
    key_memory_.resize(this->capacity + slack);
    this->keys = key_memory_.data();
  }
  bool hand_over() {
    for (std::size_t i = 0; i < this->size; ++i)
      if (!take_(this->keys != nullptr ? this->keys[i] : Scalar(0), this->ids[i])) return false;
    this->size = 0;
    return true;
  }

  Take take_;
  std::vector<Scalar> key_memory_;
  std::vector<point_id> id_memory_;
};

/// A box query split at the seams of the cell: along each periodic axis an interval becomes one or two inside it.
template <class Scalar>
class Regions {
 public:
  Regions(const SearchTarget<Scalar>& target, const Scalar* lower, const Scalar* upper)
      : dimension_(static_cast<std::size_t>(target.dimension)) {
    corners_.emplace_back(lower, lower + dimension_);
    corners_.back().insert(corners_.back().end(), upper, upper + dimension_);
    if (!target.periodic->is_periodic()) return;
    for (std::size_t axis = 0; axis < dimension_; ++axis) split(*target.periodic, axis);
  }
  template <class Visit>
  bool for_each(Visit visit) const {
    for (const std::vector<Scalar>& corner : corners_)
      if (!visit(corner.data(), corner.data() + dimension_)) return false;
    return true;
  }

 private:
  void split(const PeriodicBox<Scalar>& box, std::size_t axis) {
    const Scalar length = box.lengths[axis];
    if (!std::isfinite(length)) return;
    const std::size_t before = corners_.size();
    for (std::size_t i = 0; i < before; ++i) {
      Scalar& low = corners_[i][axis];
      Scalar& high = corners_[i][dimension_ + axis];
      if (high - low >= length) {
        low = 0;
        high = length;
        continue;
      }
      low = box.wrap(low, static_cast<int>(axis));
      high = box.wrap(high, static_cast<int>(axis));
      if (low <= high) continue;
      std::vector<Scalar> rest = corners_[i];
      rest[axis] = 0;
      high = length;
      corners_.push_back(std::move(rest));
    }
  }

  std::size_t dimension_;
  std::vector<std::vector<Scalar>> corners_;  // lower then upper, for every piece
};

template <class Scalar>
void check_boxes(const SearchTarget<Scalar>& target, PointView<Scalar> lower, PointView<Scalar> upper) {
  if (lower.size() != upper.size())
    throw invalid_input("there are " + std::to_string(lower.size()) + " lower and " + std::to_string(upper.size()) +
                        " upper corners; expected as many of both");
  check_points(lower, target.dimension);
  check_points(upper, target.dimension);
  for (std::size_t row = 0; row < lower.size(); ++row)
    for (int axis = 0; axis < target.dimension; ++axis)
      if (lower.row(row)[axis] > upper.row(row)[axis])
        throw invalid_input(row, "lower is greater than upper on axis " + std::to_string(axis) + " (" +
                                     std::to_string(lower.row(row)[axis]) + " > " +
                                     std::to_string(upper.row(row)[axis]) + ")");
}

template <class Scalar>
BallQuery<Scalar> ball_of(const SearchTarget<Scalar>& target, const Within<Scalar>& query) {
  check_radius(query.radius);
  return {nullptr, query.metric.key_of(query.radius), metric_data(query.metric, target), filter_of(query.filter)};
}

/// Runs the kernel for every piece of a box.
template <class Scalar>
bool search_box(const SearchTarget<Scalar>& target, const Scalar* lower, const Scalar* upper, const IdFilter* filter,
                HitSink<Scalar>& sink) {
  if (!target.periodic->is_periodic()) return target.kernels->in_box(target.view, {lower, upper, filter}, sink);
  return Regions<Scalar>(target, lower, upper).for_each([&](const Scalar* low, const Scalar* high) {
    return target.kernels->in_box(target.view, {low, high, filter}, sink);
  });
}

/// Counts with `search(row, sink)`.
template <class Scalar, class Search>
std::vector<std::int64_t> count_rows(std::size_t rows, const Executor& executor, Search search) {
  std::vector<std::int64_t> counts(rows, 0);
  executor.for_each_chunk(rows, chunk_of(rows, longest_chunk, executor), [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      HitSink<Scalar> sink;
      sink.counting = true;
      search(row, sink);
      counts[row] = static_cast<std::int64_t>(sink.size);
    }
  });
  return counts;
}

}  // namespace

template <class Scalar>
Neighbors<Scalar> within(const SearchTarget<Scalar>& target, PointView<Scalar> queries, const Within<Scalar>& query) {
  const BallQuery<Scalar> ball = ball_of(target, query);
  const CheckedPoints<Scalar> checked(target, queries);
  Neighbors<Scalar> answer =
      collect<Scalar>(queries.size(), true, query.order, query.executor, [&](std::size_t row, HitSink<Scalar>& sink) {
        BallQuery<Scalar> one = ball;
        one.point = checked.view().row(row);
        if (target.size != 0) target.kernels->within(target.view, one, sink);
      });
  for (Scalar& key : answer.distances) key = query.metric.distance_of(key);
  return answer;
}

template <class Scalar>
Neighbors<Scalar> in_box(const SearchTarget<Scalar>& target, PointView<Scalar> lower, PointView<Scalar> upper,
                         const InBox& query) {
  check_boxes(target, lower, upper);
  if (query.order == Order::by_distance)
    throw invalid_input("a box query has no distances to order by; expected Order::none or Order::by_id");
  return collect<Scalar>(lower.size(), false, query.order, query.executor, [&](std::size_t row, HitSink<Scalar>& sink) {
    if (target.size != 0) search_box(target, lower.row(row), upper.row(row), filter_of(query.filter), sink);
  });
}

template <class Scalar>
std::vector<std::int64_t> count(const SearchTarget<Scalar>& target, PointView<Scalar> queries,
                                const Within<Scalar>& query) {
  const BallQuery<Scalar> ball = ball_of(target, query);
  const CheckedPoints<Scalar> checked(target, queries);
  return count_rows<Scalar>(queries.size(), query.executor, [&](std::size_t row, HitSink<Scalar>& sink) {
    BallQuery<Scalar> one = ball;
    one.point = checked.view().row(row);
    if (target.size != 0) target.kernels->within(target.view, one, sink);
  });
}

template <class Scalar>
std::vector<std::int64_t> count(const SearchTarget<Scalar>& target, PointView<Scalar> lower, PointView<Scalar> upper,
                                const InBox& query) {
  check_boxes(target, lower, upper);
  return count_rows<Scalar>(lower.size(), query.executor, [&](std::size_t row, HitSink<Scalar>& sink) {
    if (target.size != 0) search_box(target, lower.row(row), upper.row(row), filter_of(query.filter), sink);
  });
}

template <class Scalar>
bool visit(const SearchTarget<Scalar>& target, std::span<const Scalar> point, const Within<Scalar>& query,
           const HitVisitor<Scalar>& visitor) {
  BallQuery<Scalar> ball = ball_of(target, query);
  const CheckedPoints<Scalar> checked(target, one_point(point));
  ball.point = checked.view().row(0);
  HitStream<Scalar, std::function<bool(Scalar, point_id)>> stream(true, [&](Scalar key, point_id id) {
    return visitor({key, id});
  });
  return target.size == 0 || target.kernels->within(target.view, ball, stream);
}

template <class Scalar>
bool visit(const SearchTarget<Scalar>& target, std::span<const Scalar> lower, std::span<const Scalar> upper,
           const InBox& query, const IdVisitor& visitor) {
  check_boxes(target, one_point(lower), one_point(upper));
  HitStream<Scalar, std::function<bool(Scalar, point_id)>> stream(false,
                                                                  [&](Scalar, point_id id) { return visitor(id); });
  return target.size == 0 || search_box(target, lower.data(), upper.data(), filter_of(query.filter), stream);
}

#define COPPICE_INSTANTIATE(Scalar)                                                                                   \
  template Neighbors<Scalar> within<Scalar>(const SearchTarget<Scalar>&, PointView<Scalar>, const Within<Scalar>&);   \
  template Neighbors<Scalar> in_box<Scalar>(const SearchTarget<Scalar>&, PointView<Scalar>, PointView<Scalar>,        \
                                            const InBox&);                                                            \
  template std::vector<std::int64_t> count<Scalar>(const SearchTarget<Scalar>&, PointView<Scalar>,                    \
                                                   const Within<Scalar>&);                                            \
  template std::vector<std::int64_t> count<Scalar>(const SearchTarget<Scalar>&, PointView<Scalar>, PointView<Scalar>, \
                                                   const InBox&);                                                     \
  template bool visit<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, const Within<Scalar>&,            \
                              const HitVisitor<Scalar>&);                                                             \
  template bool visit<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, std::span<const Scalar>,          \
                              const InBox&, const IdVisitor&);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::query
