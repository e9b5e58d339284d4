// What the checks see of an index or a snapshot: its searches and its updates behind virtual calls, so that the checks
// are compiled once a scalar type instead of once an index, which would be most of the time a sanitized build takes.
#pragma once

#include <span>
#include <stdexcept>
#include <vector>

#include "coppice/query/searchable.hpp"
#include "coppice/query/statistics.hpp"

namespace coppice::test {

/// The searches of an index or a snapshot.
template <class Scalar>
class Searches {
 public:
  virtual ~Searches() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  [[nodiscard]] virtual Neighbors<Scalar> nearest(PointView<Scalar> queries, const Nearest<Scalar>& query) const = 0;
  virtual std::size_t nearest(std::span<const Scalar> point, const Nearest<Scalar>& query,
                              std::span<Hit<Scalar>> hits) const = 0;
  [[nodiscard]] virtual Neighbors<Scalar> within(PointView<Scalar> queries, const Within<Scalar>& query) const = 0;
  [[nodiscard]] virtual Neighbors<Scalar> in_box(PointView<Scalar> lower, PointView<Scalar> upper,
                                                 const InBox& query) const = 0;
  [[nodiscard]] virtual std::vector<std::int64_t> count(PointView<Scalar> queries,
                                                        const Within<Scalar>& query) const = 0;
  [[nodiscard]] virtual std::vector<std::int64_t> count(PointView<Scalar> lower, PointView<Scalar> upper,
                                                        const InBox& query) const = 0;
  virtual void within(std::span<const Scalar> point, const Within<Scalar>& query, HitList<Scalar>& hits) const = 0;
  virtual void in_box(std::span<const Scalar> lower, std::span<const Scalar> upper, const InBox& query,
                      HitList<Scalar>& hits) const = 0;
  [[nodiscard]] virtual point_id find(std::span<const Scalar> point) const = 0;
  [[nodiscard]] virtual std::vector<point_id> find(PointView<Scalar> points, const Executor& executor) const = 0;
  virtual bool visit(std::span<const Scalar> point, const Nearest<Scalar>& query,
                     const HitVisitor<Scalar>& visitor) const = 0;
  virtual bool visit(std::span<const Scalar> point, const Within<Scalar>& query,
                     const HitVisitor<Scalar>& visitor) const = 0;
  virtual bool visit(std::span<const Scalar> lower, std::span<const Scalar> upper, const InBox& query,
                     const IdVisitor& visitor) const = 0;
};

template <class Target, class Scalar>
class SearchesOf final : public Searches<Scalar> {
 public:
  explicit SearchesOf(const Target& target) : target_(target) {}
  std::size_t size() const override { return target_.size(); }
  Neighbors<Scalar> nearest(PointView<Scalar> queries, const Nearest<Scalar>& query) const override {
    return target_.nearest(queries, query);
  }
  std::size_t nearest(std::span<const Scalar> point, const Nearest<Scalar>& query,
                      std::span<Hit<Scalar>> hits) const override {
    return target_.nearest(point, query, hits);
  }
  Neighbors<Scalar> within(PointView<Scalar> queries, const Within<Scalar>& query) const override {
    return target_.within(queries, query);
  }
  Neighbors<Scalar> in_box(PointView<Scalar> lower, PointView<Scalar> upper, const InBox& query) const override {
    return target_.in_box(lower, upper, query);
  }
  std::vector<std::int64_t> count(PointView<Scalar> queries, const Within<Scalar>& query) const override {
    return target_.count(queries, query);
  }
  std::vector<std::int64_t> count(PointView<Scalar> lower, PointView<Scalar> upper, const InBox& query) const override {
    return target_.count(lower, upper, query);
  }
  void within(std::span<const Scalar> point, const Within<Scalar>& query, HitList<Scalar>& hits) const override {
    target_.within(point, query, hits);
  }
  void in_box(std::span<const Scalar> lower, std::span<const Scalar> upper, const InBox& query,
              HitList<Scalar>& hits) const override {
    target_.in_box(lower, upper, query, hits);
  }
  point_id find(std::span<const Scalar> point) const override { return target_.find(point); }
  std::vector<point_id> find(PointView<Scalar> points, const Executor& executor) const override {
    return target_.find(points, executor);
  }
  bool visit(std::span<const Scalar> point, const Nearest<Scalar>& query,
             const HitVisitor<Scalar>& visitor) const override {
    return target_.visit(point, query, visitor);
  }
  bool visit(std::span<const Scalar> point, const Within<Scalar>& query,
             const HitVisitor<Scalar>& visitor) const override {
    return target_.visit(point, query, visitor);
  }
  bool visit(std::span<const Scalar> lower, std::span<const Scalar> upper, const InBox& query,
             const IdVisitor& visitor) const override {
    return target_.visit(lower, upper, query, visitor);
  }

 private:
  const Target& target_;
};

/// The updates of an index.
template <class Scalar>
class Updates {
 public:
  virtual ~Updates() = default;
  virtual void build(PointView<Scalar> points) = 0;
  virtual void build(PointView<Scalar> points, std::span<const point_id> ids) = 0;
  virtual point_id insert(std::span<const Scalar> point) = 0;
  virtual void insert(std::span<const Scalar> point, point_id id) = 0;
  virtual point_id insert(PointView<Scalar> points) = 0;
  virtual void insert(PointView<Scalar> points, std::span<const point_id> ids) = 0;
  virtual void erase(point_id id) = 0;
  virtual void erase(std::span<const point_id> ids) = 0;
  virtual void move(point_id id, std::span<const Scalar> point) = 0;
  virtual void move(std::span<const point_id> ids, PointView<Scalar> points) = 0;
  virtual std::size_t erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) = 0;
  virtual std::size_t keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) = 0;
  virtual std::size_t down_sample(Scalar cell) = 0;
  virtual void clear() = 0;
};

template <class Index, class Scalar>
class UpdatesOf final : public Updates<Scalar> {
 public:
  explicit UpdatesOf(Index& index) : index_(index) {}
  void build(PointView<Scalar> points) override { index_.build(points); }
  void build(PointView<Scalar> points, std::span<const point_id> ids) override { index_.build(points, ids); }
  point_id insert(std::span<const Scalar> point) override { return index_.insert(point); }
  void insert(std::span<const Scalar> point, point_id id) override { index_.insert(point, id); }
  point_id insert(PointView<Scalar> points) override { return index_.insert(points); }
  void insert(PointView<Scalar> points, std::span<const point_id> ids) override { index_.insert(points, ids); }
  void erase(point_id id) override { index_.erase(id); }
  void erase(std::span<const point_id> ids) override { index_.erase(ids); }
  void move(point_id id, std::span<const Scalar> point) override { index_.move(id, point); }
  void move(std::span<const point_id> ids, PointView<Scalar> points) override { index_.move(ids, points); }
  std::size_t erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) override {
    return index_.erase_in_box(lower, upper);
  }
  std::size_t keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) override {
    return index_.keep_in_box(lower, upper);
  }
  std::size_t down_sample(Scalar cell) override { return index_.down_sample(cell); }
  void clear() override { index_.clear(); }

 private:
  Index& index_;
};

}  // namespace coppice::test
