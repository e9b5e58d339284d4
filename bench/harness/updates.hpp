// The updates of a contestant behind one virtual call a stretch of them, shared by the tasks `dynamic`, `batch` and
// `stream`. The loops are templates compiled with the contestant.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/checksum.hpp"
#include "harness/contestant.hpp"
#include "harness/timing.hpp"

namespace coppice::bench {

enum class Update { insert, erase, move };

class ChangingContestant {
 public:
  virtual ~ChangingContestant() = default;
  [[nodiscard]] virtual Identity identity() const = 0;
  /// Whether it updates one by one without building anew. (A move is an erase and an insert where nothing better is.)
  [[nodiscard]] virtual bool can(Update update) const = 0;
  [[nodiscard]] virtual bool inserts_batches() const = 0;
  /// What is to be said about its updates, or nothing.
  [[nodiscard]] virtual std::string note_on(Update update) const = 0;
  /// How many threads its batches run on.
  [[nodiscard]] virtual int threads() const = 0;

  /// Starts from these points, with their rows as ids. No points: starts empty.
  virtual double build(PointView<Real> points) = 0;
  /// 0 where it does not say.
  [[nodiscard]] virtual std::size_t bytes() const = 0;

  /// One by one; row ids[i] of `points` is the place of a point, before the update, and of `to` its place after.
  /// Seconds; the single latencies in µs are appended to `latencies` where it is given (and hold the time of reading
  /// the clock once).
  virtual double update(Update update, PointView<Real> points, PointView<Real> to, std::span<const point_id> ids,
                        std::vector<double>* latencies) = 0;
  /// One batch: row i of `points` is the point of ids[i].
  virtual double insert_batch(PointView<Real> points, std::span<const point_id> ids) = 0;
  virtual double erase_batch(PointView<Real> points, std::span<const point_id> ids) = 0;

  virtual double nearest(PointView<Real> queries, std::size_t k) = 0;
  /// As a batch of its own where it has one, else one by one.
  virtual double nearest_batch(PointView<Real> queries, PointView<Real> sorted, std::size_t k) = 0;
  /// `points` are all points by id.
  [[nodiscard]] virtual std::string checksum(PointView<Real> queries, std::size_t k, PointView<Real> points) = 0;
};

template <Contestant Peer>
class ChangingOf : public ChangingContestant {
 public:
  explicit ChangingOf(int threads) : peer_(threads), threads_(AnswersBatches<Peer> ? threads : 1) {}

  Identity identity() const override { return peer_.identity(); }
  int threads() const override { return threads_; }

  bool can(Update update) const override {
    if (update == Update::insert) return Inserts<Peer>;
    if (update == Update::erase) return Erases<Peer>;
    return Moves<Peer> || (Inserts<Peer> && Erases<Peer>);
  }
  bool inserts_batches() const override { return Inserts<Peer> || InsertsBatches<Peer>; }
  std::string note_on(Update update) const override {
    if constexpr (requires { Peer::insert_note; })
      if (update == Update::insert) return Peer::insert_note;
    if constexpr (requires { Peer::erase_note; })
      if (update == Update::erase) return Peer::erase_note;
    return {};
  }

  double build(PointView<Real> points) override {
    return seconds_of([&] { peer_.build(points); });
  }
  std::size_t bytes() const override {
    if constexpr (KnowsItsBytes<Peer>) return peer_.bytes();
    return 0;
  }

  double update(Update update, PointView<Real> points, PointView<Real> to, std::span<const point_id> ids,
                std::vector<double>* latencies) override {
    return seconds_of([&] {
      if (update == Update::insert) {
        if constexpr (Inserts<Peer>) each(ids, latencies, [&](std::size_t id) { insert_one(points, id); });
      } else if (update == Update::erase) {
        if constexpr (Erases<Peer>) each(ids, latencies, [&](std::size_t id) { erase_one(points, id); });
      } else {
        each(ids, latencies, [&](std::size_t id) { move_one(points, to, id); });
      }
    });
  }

  double insert_batch(PointView<Real> points, std::span<const point_id> ids) override {
    return seconds_of([&] {
      if constexpr (InsertsBatches<Peer>) {
        peer_.insert_batch(points, ids);
      } else if constexpr (Inserts<Peer>) {
        for (std::size_t i = 0; i < ids.size(); ++i) peer_.insert(points.row(i), ids[i]);
      }
    });
  }
  double erase_batch(PointView<Real> points, std::span<const point_id> ids) override {
    return seconds_of([&] {
      if constexpr (ErasesBatches<Peer>) {
        peer_.erase_batch(points, ids);
      } else if constexpr (Erases<Peer>) {
        for (std::size_t i = 0; i < ids.size(); ++i) peer_.erase(points.row(i), ids[i]);
      }
    });
  }

  double nearest(PointView<Real> queries, std::size_t k) override {
    return seconds_of([&] {
      point_id sum = 0;
      for (std::size_t i = 0; i < queries.size(); ++i)
        peer_.nearest(queries.row(i), k, [&](point_id id) { sum += id; });
      consume(sum);
    });
  }
  double nearest_batch(PointView<Real> queries, PointView<Real> sorted, std::size_t k) override {
    if constexpr (AnswersBatches<Peer>) {
      return seconds_of([&] {
        point_id sum = 0;
        peer_.nearest_batch(queries, k, [&](point_id id) { sum += id; });
        consume(sum);
      });
    }
    return nearest(sorted, k);
  }

  std::string checksum(PointView<Real> queries, std::size_t k, PointView<Real> points) override {
    Checksum sum(points);
    std::vector<point_id> ids;
    for (std::size_t i = 0; i < queries.size(); ++i) {
      ids.clear();
      peer_.nearest(queries.row(i), k, [&](point_id id) { ids.push_back(id); });
      sum.add_nearest(queries.row(i), k, ids);
    }
    return sum.text();
  }

 private:
  template <class One>
  static void each(std::span<const point_id> ids, std::vector<double>* latencies, One one) {
    if (latencies == nullptr) {
      for (const point_id id : ids) one(static_cast<std::size_t>(id));
      return;
    }
    double before = now();
    for (const point_id id : ids) {
      one(static_cast<std::size_t>(id));
      const double after = now();
      latencies->push_back(1e6 * (after - before));
      before = after;
    }
  }
  void insert_one(PointView<Real> points, std::size_t id) {
    if constexpr (Inserts<Peer>) peer_.insert(points.row(id), static_cast<point_id>(id));
  }
  void erase_one(PointView<Real> points, std::size_t id) {
    if constexpr (Erases<Peer>) peer_.erase(points.row(id), static_cast<point_id>(id));
  }
  void move_one(PointView<Real> from, PointView<Real> to, std::size_t id) {
    if constexpr (Moves<Peer>) {
      peer_.move(from.row(id), to.row(id), static_cast<point_id>(id));
    } else {
      erase_one(from, id);
      insert_one(to, id);
    }
  }

  Peer peer_;
  int threads_;
};

using MakeChanging = std::unique_ptr<ChangingContestant> (*)(int threads);

}  // namespace coppice::bench
