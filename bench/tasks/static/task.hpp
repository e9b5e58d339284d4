// The task `static`: build once, then search. A contestant's loops, written once for all of them and compiled with
// each.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "harness/checksum.hpp"
#include "harness/contestant.hpp"
#include "harness/timing.hpp"
#include "harness/workload.hpp"

namespace coppice::bench {

/// A contestant as main.cpp sees it: one virtual call a round.
class StaticContestant {
 public:
  virtual ~StaticContestant() = default;
  [[nodiscard]] virtual Identity identity() const = 0;
  [[nodiscard]] virtual bool can(Search search) const = 0;
  /// Builds anew and gives the seconds that it took.
  virtual double build(PointView<Real> points) = 0;
  [[nodiscard]] virtual double bytes_per_point() const = 0;
  /// The answers to the first queries, summed up.
  [[nodiscard]] virtual std::string checksum(Search search, const Workload& work, PointView<Real> points) = 0;
  /// Seconds for the shuffled queries [first, first + count), one at a time.
  virtual double one_by_one(Search search, const Workload& work, std::size_t first, std::size_t count) = 0;
  /// Seconds for `count` queries as one batch: its own where it has one, else the sorted ones on its threads.
  virtual double batch(Search search, const Workload& work, std::size_t count) = 0;
  /// How many threads a batch runs on.
  [[nodiscard]] virtual int threads() const = 0;
};

template <Contestant Peer>
class StaticOf : public StaticContestant {
 public:
  explicit StaticOf(int threads) : peer_(threads), threads_(uses_threads ? threads : 1) {}

  Identity identity() const override { return peer_.identity(); }
  int threads() const override { return threads_; }
  double bytes_per_point() const override { return bytes_per_point_; }

  bool can(Search search) const override {
    switch (search) {
      case Search::radius:
        return FindsWithin<Peer>;
      case Search::box:
        return FindsInBox<Peer>;
      case Search::lookup:
        return LooksUp<Peer>;
      default:
        return FindsNearest<Peer>;
    }
  }

  double build(PointView<Real> points) override {
    const std::size_t before = heap_bytes();
    const double seconds = seconds_of([&] { peer_.build(points); });
    double bytes = static_cast<double>(heap_bytes()) - static_cast<double>(before);
    if constexpr (KnowsItsBytes<Peer>) bytes = static_cast<double>(peer_.bytes());
    if (bytes_per_point_ == 0) bytes_per_point_ = bytes / static_cast<double>(points.size());
    return seconds;
  }

  std::string checksum(Search search, const Workload& work, PointView<Real> points) override {
    Checksum sum(points);
    std::vector<point_id> ids;
    for (std::size_t i = 0; i < work.checked; ++i) {
      if constexpr (LooksUp<Peer>) {
        if (search == Search::lookup) {
          const Real* sought = work.shuffled.sought.view().row(i);
          sum.add_lookup(sought, peer_.find(sought));
          continue;
        }
      }
      ids.clear();
      ask(search, work, work.shuffled, i, [&](point_id id) { ids.push_back(id); });
      if (k_of(search) > 0)
        sum.add_nearest(work.shuffled.points.view().row(i), k_of(search), ids);
      else
        sum.add_set(ids);
    }
    return sum.text();
  }

  double one_by_one(Search search, const Workload& work, std::size_t first, std::size_t count) override {
    return seconds_of([&] { ask_range(search, work, work.shuffled, first, first + count); });
  }

  double batch(Search search, const Workload& work, std::size_t count) override {
    if constexpr (AnswersBatches<Peer>) {
      if (search != Search::lookup) return seconds_of([&] { ask_batch(search, work, count); });
    }
    return seconds_of([&] {
      std::vector<std::thread> others;
      const auto part = [&](std::size_t t) { return count * t / static_cast<std::size_t>(threads_); };
      for (std::size_t t = 1; t < static_cast<std::size_t>(threads_); ++t)
        others.emplace_back([&, t] { ask_range(search, work, work.sorted, part(t), part(t + 1)); });
      ask_range(search, work, work.sorted, 0, part(1));
      for (std::thread& other : others) other.join();
    });
  }

 private:
  static constexpr bool uses_threads = AnswersBatches<Peer> || requires { Peer::concurrent_searches; };

  /// One loop an operation, with the choice outside of it.
  void ask_range(Search search, const Workload& work, const Queries& queries, std::size_t first, std::size_t last) {
    point_id sum = 0;
    const auto take = [&sum](point_id id) { sum += id; };
    if (search == Search::lookup) {
      if constexpr (LooksUp<Peer>)
        for (std::size_t i = first; i < last; ++i) take(peer_.find(queries.sought.view().row(i)));
    } else {
      for (std::size_t i = first; i < last; ++i) ask(search, work, queries, i, take);
    }
    consume(sum);
  }

  template <class Take>
  void ask(Search search, const Workload& work, const Queries& queries, std::size_t i, Take take) {
    if (const std::size_t k = k_of(search); k > 0) {
      if constexpr (FindsNearest<Peer>) peer_.nearest(queries.points.view().row(i), k, take);
    } else if (search == Search::radius) {
      if constexpr (FindsWithin<Peer>) peer_.within(queries.points.view().row(i), work.radius, take);
    } else {
      if constexpr (FindsInBox<Peer>) peer_.in_box(queries.lower.view().row(i), queries.upper.view().row(i), take);
    }
  }

  void ask_batch(Search search, const Workload& work, std::size_t count) {
    point_id sum = 0;
    const auto take = [&sum](point_id id) { sum += id; };
    const Queries& queries = work.shuffled;
    if (const std::size_t k = k_of(search); k > 0)
      peer_.nearest_batch(queries.points.view().slice(0, count), k, take);
    else if (search == Search::radius)
      peer_.within_batch(queries.points.view().slice(0, count), work.radius, take);
    else
      peer_.in_box_batch(queries.lower.view().slice(0, count), queries.upper.view().slice(0, count), take);
    consume(sum);
  }

  Peer peer_;
  int threads_;
  double bytes_per_point_ = 0;
};

/// One function a contestant, each compiled in its own file.
std::unique_ptr<StaticContestant> static_coppice_kd(int threads);
std::unique_ptr<StaticContestant> static_nanoflann(int threads);
std::unique_ptr<StaticContestant> static_cgal(int threads);
std::unique_ptr<StaticContestant> static_boost_rtree(int threads);
std::unique_ptr<StaticContestant> static_flann(int threads);
std::unique_ptr<StaticContestant> static_ann(int threads);
std::unique_ptr<StaticContestant> static_spatialindex(int threads);

}  // namespace coppice::bench
