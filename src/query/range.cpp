// Range queries over any index's kernels: everything in a ball or a box, counted, collected into CSR, or visited.
#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "batch.hpp"
#include "checks.hpp"
#include "regions.hpp"

namespace coppice::query {
namespace {

/// Writes into a caller's list.
template <class Scalar>
class ListSink : public HitSink<Scalar> {
 public:
  ListSink(HitList<Scalar>& list, bool with_keys) : list_(list), with_keys_(with_keys) {
    list_.reserve(smallest_list, 0);  // keys that are null would mean that none are asked for
    point_to_list();
    this->grow = [](HitSink<Scalar>& sink, std::size_t more) {
      auto& self = static_cast<ListSink&>(sink);
      self.list_.reserve(2 * (self.size + more), self.size);
      self.point_to_list();
    };
  }
  ListSink(const ListSink&) = delete;
  ListSink& operator=(const ListSink&) = delete;
  void finish(Order order) {
    std::vector<Hit<Scalar>> scratch;
    sort_hits(this->ids, this->keys, this->size, order, scratch);
    list_.resize(this->size, with_keys_);
  }

 private:
  static constexpr std::size_t smallest_list = 256;
  void point_to_list() {
    this->ids = list_.id_data();
    this->keys = with_keys_ ? list_.key_data() : nullptr;
    this->capacity = list_.capacity();
  }
  HitList<Scalar>& list_;
  bool with_keys_;
};

/// A sink that hands every hit to `take(key or 0, id)` and forgets it.
template <class Scalar, class Take>
class HitStream : public HitSink<Scalar> {
 public:
  HitStream(bool with_keys, Take take) : take_(std::move(take)) {
    id_memory_.resize(block + hit_slack);
    this->ids = id_memory_.data();
    if (with_keys) {
      key_memory_.resize(block + hit_slack);
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
    id_memory_.resize(this->capacity + hit_slack);
    this->ids = id_memory_.data();
    if (this->keys == nullptr) return;
    key_memory_.resize(this->capacity + hit_slack);
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

void check_order(const InBox& query) {
  if (query.order == Order::by_distance)
    throw invalid_input("a box query has no distances to order by; expected Order::none or Order::by_id");
}

template <class Scalar>
BallQuery<Scalar> ball_of(const SearchTarget<Scalar>& target, const Within<Scalar>& query) {
  check_radius(query.radius);
  if (!query.distances && query.order == Order::by_distance)
    throw invalid_input("a query that asks for no distances cannot be ordered by them; expected Order::none or by_id");
  return {nullptr, query.metric.key_of(query.radius), metric_data(query.metric, target), filter_of(query.filter),
          query.containment};
}

/// Runs the kernel of a ball. Whoever asks for boxes and no order that matters gets the plain one, the fastest.
template <class Scalar>
bool search_ball(const SearchTarget<Scalar>& target, const BallQuery<Scalar>& ball, Strategy strategy,
                 HitSink<Scalar>& sink) {
  if (target.size == 0) return true;
  const bool is_default = strategy.volume == Volume::box &&
                          (strategy.traversal == Traversal::automatic || strategy.traversal == Traversal::depth_first);
  if (is_default || target.kernels->within_by == nullptr) return target.kernels->within(target.view, ball, sink);
  SearchWork work;
  return target.kernels->within_by(target.view, ball, strategy, work, sink);
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

}  // namespace

template <class Scalar>
Neighbors<Scalar> within(const SearchTarget<Scalar>& target, PointView<Scalar> queries, const Within<Scalar>& query) {
  const BallQuery<Scalar> ball = ball_of(target, query);
  const CheckedPoints<Scalar> checked(target, queries);
  return collect<Scalar>(checked.view(), query.distances ? &query.metric : nullptr, query.order, query.executor,
                         [&](std::size_t row, HitSink<Scalar>& sink) {
                           BallQuery<Scalar> one = ball;
                           one.point = checked.view().row(row);
                           search_ball(target, one, query.strategy, sink);
                         });
}

template <class Scalar>
Neighbors<Scalar> in_box(const SearchTarget<Scalar>& target, PointView<Scalar> lower, PointView<Scalar> upper,
                         const InBox& query) {
  check_boxes(target, lower, upper);
  check_order(query);
  return collect<Scalar>(lower, nullptr, query.order, query.executor, [&](std::size_t row, HitSink<Scalar>& sink) {
    if (target.size != 0) search_box(target, lower.row(row), upper.row(row), filter_of(query.filter), sink);
  });
}

template <class Scalar>
std::vector<std::int64_t> count(const SearchTarget<Scalar>& target, PointView<Scalar> queries,
                                const Within<Scalar>& query) {
  const BallQuery<Scalar> ball = ball_of(target, query);
  const CheckedPoints<Scalar> checked(target, queries);
  return count_rows<Scalar>(checked.view(), query.executor, [&](std::size_t row, HitSink<Scalar>& sink) {
    BallQuery<Scalar> one = ball;
    one.point = checked.view().row(row);
    search_ball(target, one, query.strategy, sink);
  });
}

template <class Scalar>
std::vector<std::int64_t> count(const SearchTarget<Scalar>& target, PointView<Scalar> lower, PointView<Scalar> upper,
                                const InBox& query) {
  check_boxes(target, lower, upper);
  return count_rows<Scalar>(lower, query.executor, [&](std::size_t row, HitSink<Scalar>& sink) {
    if (target.size != 0) search_box(target, lower.row(row), upper.row(row), filter_of(query.filter), sink);
  });
}

template <class Scalar>
void within(const SearchTarget<Scalar>& target, std::span<const Scalar> point, const Within<Scalar>& query,
            HitList<Scalar>& hits) {
  BallQuery<Scalar> ball = ball_of(target, query);
  const CheckedPoints<Scalar> checked(target, one_row(point));
  ball.point = checked.view().row(0);
  ListSink<Scalar> sink(hits, query.distances);
  search_ball(target, ball, query.strategy, sink);
  sink.finish(query.order);
}

template <class Scalar>
void in_box(const SearchTarget<Scalar>& target, std::span<const Scalar> lower, std::span<const Scalar> upper,
            const InBox& query, HitList<Scalar>& hits) {
  check_boxes(target, one_row(lower), one_row(upper));
  check_order(query);
  ListSink<Scalar> sink(hits, false);
  if (target.size != 0) search_box(target, lower.data(), upper.data(), filter_of(query.filter), sink);
  sink.finish(query.order);
}

template <class Scalar>
bool visit(const SearchTarget<Scalar>& target, std::span<const Scalar> point, const Within<Scalar>& query,
           const HitVisitor<Scalar>& visitor) {
  BallQuery<Scalar> ball = ball_of(target, query);
  const CheckedPoints<Scalar> checked(target, one_row(point));
  ball.point = checked.view().row(0);
  HitStream<Scalar, std::function<bool(Scalar, point_id)>> stream(true, [&](Scalar key, point_id id) {
    return visitor({key, id});
  });
  return search_ball(target, ball, query.strategy, stream);
}

template <class Scalar>
bool visit(const SearchTarget<Scalar>& target, std::span<const Scalar> lower, std::span<const Scalar> upper,
           const InBox& query, const IdVisitor& visitor) {
  check_boxes(target, one_row(lower), one_row(upper));
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
  template void within<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, const Within<Scalar>&,           \
                               HitList<Scalar>&);                                                                     \
  template void in_box<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, std::span<const Scalar>,         \
                               const InBox&, HitList<Scalar>&);                                                       \
  template bool visit<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, const Within<Scalar>&,            \
                              const HitVisitor<Scalar>&);                                                             \
  template bool visit<Scalar>(const SearchTarget<Scalar>&, std::span<const Scalar>, std::span<const Scalar>,          \
                              const InBox&, const IdVisitor&);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::query
