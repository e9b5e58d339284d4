// Threads, for the thread sanitizer: any number of readers on one unchanging tree, readers on snapshots while one
// writer inserts, erases, moves and takes new snapshots, and batches whose work several threads share.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "conformance/datasets.hpp"
#include "conformance/model.hpp"
#include "conformance/random.hpp"
#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/multiway_tree/multiway_tree.hpp"
#include "coppice/index/octree/octree.hpp"

namespace coppice::test {
namespace {

/// How many of a few random queries disagree with the model. No gtest assertion: this runs on many threads.
template <class Target>
int mismatches(const Target& target, const Model<double>& model, Rng& rng) {
  const auto queries = make_points<double>(Shape::uniform, 3, model.dimension(), rng);
  const Metric<double> metric;
  const std::size_t k = rng.below(40) + 1;
  int wrong = 0;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto ranked = model.ranked(queries.view()[i], metric, {});
    std::vector<Hit<double>> hits(k);
    const std::size_t count = target.nearest(queries.view()[i], {.k = k}, std::span(hits));
    if (count != std::min(k, ranked.size())) ++wrong;
    for (std::size_t j = 0; j < std::min(count, ranked.size()); ++j) wrong += hits[j] == ranked[j] ? 0 : 1;
    const auto inside = static_cast<std::int64_t>(hits_within(ranked, metric, 0.2));
    wrong += target.count(queries.view().slice(i, 1), Within<double>{.radius = 0.2})[0] == inside ? 0 : 1;
  }
  return wrong;
}

class Concurrency : public Seeded {};

/// The trees that threads may share: batches run on several threads, and snapshots are read beside the writer.
struct SharedKdTree {
  using Tree = KdTree<double>;
  static Tree make(Tree::Config config = {}) { return Tree(3, config); }
};
struct SharedOctree {
  using Tree = Octree<double, 3>;
  static Tree make(Tree::Config config = {}) {
    config.capacity = 12;
    return Tree(config);
  }
};
struct SharedMultiwayTree {
  using Tree = MultiwayTree<double>;
  static Tree make(Tree::Config config = {}) { return Tree(3, config); }
};
template <class Kind>
class SharedTree : public Concurrency {};
using SharedTrees = ::testing::Types<SharedKdTree, SharedOctree, SharedMultiwayTree>;
TYPED_TEST_SUITE(SharedTree, SharedTrees);

template <class Index>
void read_together(const Index& index, const Model<double>& model, Rng& rng) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 4; ++reader)
    readers.emplace_back([&, seed = rng.next()] {
      Rng own(seed);
      for (int i = 0; i < scaled(200); ++i) wrong += mismatches(index, model, own);
    });
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Concurrency, ConstCallsRunTogether) {
  const auto points = make_points<double>(Shape::uniform, 600, 3, rng);
  KdTree<double> tree(3);
  Octree<double, 3> octree;
  BruteForce<double> brute(3);
  Model<double> model(3);
  tree.build(points.view());
  octree.build(points.view());
  brute.build(points.view());
  model.build(points.view());
  read_together(tree, model, rng);
  read_together(octree, model, rng);
  read_together(brute, model, rng);
}

TYPED_TEST(SharedTree, ThreadsShareABatch) {
  Rng& rng = this->rng;
  typename TypeParam::Tree::Config config;
  config.executor = Executor(3);
  config.parallel_cutoff = 512;
  for (const double spread : {1.0, 0.02}) {  // all over the tree, and so dense that subtrees are built anew
    auto tree = TypeParam::make(config);
    Model<double> model(3);
    const auto first = make_points<double>(Shape::uniform, 9000, 3, rng);
    tree.build(first.view());
    model.build(first.view());
    for (int step = 0; step < scaled(4); ++step) {
      auto batch = make_points<double>(Shape::uniform, 3000, 3, rng);
      for (double& x : batch.coordinates) x *= spread;
      tree.insert(batch.view());
      model.insert(batch.view());
      tree.validate();
      auto ids = model.ids();
      for (std::size_t i = 0; i < ids.size(); ++i) std::swap(ids[i], ids[i + rng.below(ids.size() - i)]);
      const std::span<const point_id> some(ids);
      tree.erase(some.first(2000));
      for (const point_id id : some.first(2000)) model.erase(id);
      tree.validate();
      tree.move(some.subspan(2000, 1500), batch.view().slice(0, 1500));
      model.insert(batch.view().slice(0, 1500), some.subspan(2000, 1500));
      tree.validate();
      const auto found = tree.nearest(batch.view(), {.k = 3, .executor = config.executor});
      EXPECT_EQ(found.ids.size(), 3 * batch.size());
      EXPECT_EQ(mismatches(tree, model, rng), 0);
    }
  }
}

TEST_F(Concurrency, ThreadsFillSlotsOfOneNode) {
  Octree<double, 3>::Config config;
  config.executor = Executor(3);
  Octree<double, 3> tree(config);
  Model<double> model(3);
  for (const double spread : {1.0, 0.2, 0.2, 0.05}) {  // batches into one corner: many leaves of a node divide at once
    auto batch = make_points<double>(Shape::uniform, spread == 1 ? 12000 : 5000, 3, rng);
    for (double& x : batch.coordinates) x *= spread;
    tree.insert(batch.view());
    model.insert(batch.view());
    tree.validate();
  }
  EXPECT_EQ(mismatches(tree, model, rng), 0);
}

TYPED_TEST(SharedTree, ReadersOnSnapshotsBesideOneWriter) {
  Rng& rng = this->rng;
  auto tree = TypeParam::make();
  struct Moment {
    decltype(tree.snapshot()) snapshot;
    Model<double> model;
  };
  Model<double> model(3);
  const auto first = make_points<double>(Shape::uniform, 500, 3, rng);
  tree.build(first.view());
  model.build(first.view());

  std::mutex mutex;
  std::shared_ptr<const Moment> latest = std::make_shared<Moment>(Moment{tree.snapshot(), model});
  const auto take = [&] {
    const std::lock_guard lock(mutex);
    return latest;
  };
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::atomic<int> rounds = 0;
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 3; ++reader)
    readers.emplace_back([&, seed = rng.next()] {
      Rng own(seed);
      while (!done) {
        const auto moment = take();  // the last reader of a moment lets go of its snapshot on this thread
        wrong += mismatches(moment->snapshot, moment->model, own);
        ++rounds;
      }
    });

  const auto some_ids = [&](std::size_t size) {
    auto ids = model.ids();
    size = std::min(size, ids.size());
    for (std::size_t i = 0; i < size; ++i) std::swap(ids[i], ids[i + rng.below(ids.size() - i)]);
    ids.resize(size);
    return ids;
  };
  for (int step = 0; step < scaled(2000) || rounds < 50; ++step) {
    const auto batch = make_points<double>(Shape::uniform, rng.below(60) + 1, 3, rng);
    switch (model.size() > 900 ? 1 : rng.below(5)) {
      case 0:
        tree.insert(batch.view());
        model.insert(batch.view());
        break;
      case 1: {
        const auto ids = some_ids(batch.size());
        tree.erase(ids);
        for (const point_id id : ids) model.erase(id);
        break;
      }
      case 2: {
        const auto ids = some_ids(batch.size());
        tree.move(ids, batch.view().slice(0, ids.size()));
        model.insert(batch.view().slice(0, ids.size()), ids);
        break;
      }
      case 3:
        for (std::size_t i = 0; i < 10 && i < batch.size(); ++i)
          model.put(tree.insert(batch.view()[i]), batch.view()[i]);
        break;
      default:
        for (const point_id id : some_ids(10)) {
          tree.erase(id);
          model.erase(id);
        }
    }
    if (step % 3 == 0) {
      auto moment = std::make_shared<const Moment>(Moment{tree.snapshot(), model});
      const std::lock_guard lock(mutex);
      latest.swap(moment);
    }
    if (step % 20 == 0) tree.validate();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  latest.reset();  // a snapshot must not outlive its tree
  EXPECT_EQ(wrong, 0);
  tree.validate();
  EXPECT_EQ(mismatches(tree, model, rng), 0);
}

}  // namespace
}  // namespace coppice::test
