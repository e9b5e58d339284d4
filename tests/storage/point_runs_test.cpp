// Runs of units: what is handed out is nobody else's, what comes back is handed out again in parts and joined, and the
// count of units in use, against a plain list of the runs.
#include "coppice/storage/point_runs.hpp"

#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <thread>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/errors.hpp"

namespace coppice::test {
namespace {

using storage::FreeRuns;

struct Cold {
  std::uint64_t mark;
};
constexpr std::size_t unit_bytes = std::size_t{3} * storage::unit_points * sizeof(double);
using Runs = storage::PointRuns<Cold, unit_bytes>;
constexpr std::uint32_t chunk_units = std::uint32_t{1} << Runs::View::shift;

class PointRunsTest : public Seeded {
 protected:
  /// Allocates a run, which must not touch another, and writes a mark of its own at both ends.
  Handle allocate(Runs& runs, std::uint32_t units) {
    const Handle first = runs.allocate(units);
    const auto after = held.lower_bound(first);
    EXPECT_TRUE(after == held.end() || first + units <= after->first);
    if (after != held.begin()) {
      EXPECT_LE(std::prev(after)->first + std::prev(after)->second, first);
    }
    held[first] = units;
    units_held += units;
    write(runs, first);
    write(runs, first + units - 1);
    return first;
  }
  void release(Runs& runs, Handle first) {
    expect_marks(runs, first);
    runs.release(first, held[first]);
    units_held -= held[first];
    held.erase(first);
  }
  static void write(Runs& runs, Handle unit) {
    const auto view = runs.view();
    *reinterpret_cast<double*>(view.coordinates(unit)) = unit;
    *reinterpret_cast<double*>(view.coordinates(unit) + unit_bytes - sizeof(double)) = unit;
    view.ids(unit).set(0, unit);
    view.ids(unit).set(storage::unit_points - 1, unit);
    runs.cold(unit).mark = unit;
  }
  static void expect_mark(const Runs::View& view, Handle unit) {
    EXPECT_EQ(*reinterpret_cast<const double*>(view.coordinates(unit)), unit);
    EXPECT_EQ(*reinterpret_cast<const double*>(view.coordinates(unit) + unit_bytes - sizeof(double)), unit);
    EXPECT_EQ(view.ids(unit)[0], unit);
    EXPECT_EQ(view.ids(unit)[storage::unit_points - 1], unit);
    EXPECT_EQ(view.cold<Cold>(unit).mark, unit);
  }
  void expect_marks(const Runs& runs, Handle first) {
    expect_mark(runs.view(), first);
    expect_mark(runs.view(), first + held[first] - 1);
  }

  std::map<Handle, std::uint32_t> held;  // first unit → units
  std::size_t units_held = 0;
};

TEST_F(PointRunsTest, FreeRunsTakeTheShortestThatFits) {
  FreeRuns free;
  EXPECT_EQ(free.take(1), FreeRuns::none);
  free.give(100, 5);
  free.give(200, 40);
  free.give(300, 3);
  EXPECT_EQ(free.units(), 48u);
  EXPECT_EQ(free.take(3), 300u);
  EXPECT_EQ(free.take(3), 100u);
  EXPECT_EQ(free.take(3), 200u) << "of the two units that are left of five, none fits";
  EXPECT_EQ(free.take(2), 103u);
  EXPECT_EQ(free.take(38), FreeRuns::none);
  EXPECT_EQ(free.take(37), 203u);
  EXPECT_EQ(free.units(), 0u);
  EXPECT_EQ(free.bytes(), 0u);
}

TEST_F(PointRunsTest, FreeRunsJoinNeighboursButNotAcrossChunks) {
  constexpr std::uint32_t chunk = 64;
  FreeRuns free;
  for (Handle unit = 2 * chunk; unit-- > 0;) free.give(unit, 1);
  EXPECT_EQ(free.take(2), FreeRuns::none);
  free.join(chunk);
  EXPECT_EQ(free.units(), 2 * chunk);
  EXPECT_EQ(free.take(chunk + 1), FreeRuns::none);
  const Handle first = free.take(chunk);
  EXPECT_EQ(free.take(chunk), chunk - first);
  EXPECT_EQ(free.units(), 0u);
  free.give(10, 2);
  free.give(13, 2);
  free.join(chunk);
  EXPECT_EQ(free.take(4), FreeRuns::none) << "a unit in between is in use";
  free.clear();
  EXPECT_EQ(free.units(), 0u);
  EXPECT_EQ(free.take(1), FreeRuns::none);
}

TEST_F(PointRunsTest, RandomRunsNeverTouchEachOther) {
  for (const bool wide : {false, true}) {
    Runs runs(wide);
    EXPECT_EQ(runs.has_wide_ids(), wide);
    held.clear();
    units_held = 0;
    for (int i = 0; i < scaled(20000); ++i) {
      if (held.empty() || rng.chance(i % 4000 < 2500 ? 0.6 : 0.3)) {
        const std::uint64_t most = rng.chance(0.9) ? 8 : 300;
        (void)allocate(runs, 1 + static_cast<std::uint32_t>(rng.below(most)));
      } else {
        auto run = held.lower_bound(static_cast<Handle>(rng.below(held.rbegin()->first + 1)));
        release(runs, run->first);
      }
      ASSERT_EQ(runs.live(), units_held);
      if (HasFailure()) return;
    }
    for (const auto& run : held) expect_marks(runs, run.first);
  }
}

TEST_F(PointRunsTest, ReleasedMemoryServesRunsOfAnyLength) {
  Runs runs(false);
  std::vector<Handle> short_runs;
  for (std::uint32_t i = 0; i < chunk_units; ++i) short_runs.push_back(allocate(runs, 1));
  const std::size_t bytes = runs.bytes();
  for (const Handle h : short_runs) release(runs, h);
  EXPECT_EQ(runs.live(), 0u);
  const Handle whole = allocate(runs, chunk_units);  // joined: nothing grows
  EXPECT_LE(runs.bytes(), bytes);
  release(runs, whole);
  for (int i = 0; i < 8; ++i) (void)allocate(runs, chunk_units / 8);  // and split again
  EXPECT_LE(runs.bytes(), bytes);
  EXPECT_EQ(runs.live(), std::size_t{chunk_units} / 8 * 8);
}

TEST_F(PointRunsTest, ARunLongerThanAChunkIsOnePiece) {
  Runs runs(true);
  const Handle before = allocate(runs, 5);
  const std::uint32_t units = 2 * chunk_units + 7;
  const Handle first = allocate(runs, units);
  const auto view = runs.view();
  for (const std::uint32_t at : {chunk_units - 1, chunk_units, 2 * chunk_units - 1, 2 * chunk_units, units - 1}) {
    EXPECT_EQ(view.coordinates(first) + std::size_t{at} * unit_bytes, view.coordinates(first + at));
    EXPECT_EQ(view.ids(first).tail(std::size_t{at} * storage::unit_points).data(), view.ids(first + at).data());
    write(runs, first + at);
    expect_mark(view, first + at);
  }
  expect_marks(runs, before);
  EXPECT_EQ(runs.live(), 5u + units);
  // What the chunks of others have left serves short runs.
  const std::size_t bytes = runs.bytes();
  const Handle beside = allocate(runs, 16);
  EXPECT_LE(runs.bytes(), bytes + 16 * (unit_bytes + storage::unit_points * sizeof(point_id) + sizeof(Cold)));
  release(runs, first);
  EXPECT_EQ(runs.live(), 5u + 16u);
  EXPECT_EQ(allocate(runs, units), first) << "a long run comes back whole";
  expect_marks(runs, beside);
}

TEST_F(PointRunsTest, ViewsOutliveGrowth) {
  Runs runs(false);
  const Handle first = allocate(runs, 3);
  const auto old = runs.view();
  std::vector<Handle> more;
  for (int i = 0; i < 20; ++i) more.push_back(allocate(runs, chunk_units));  // more chunks than a table begins with
  expect_mark(old, first);
  expect_mark(old, first + 2);
  write(runs, first);
  EXPECT_EQ(old.coordinates(first), runs.view().coordinates(first)) << "units never move";
  for (const Handle h : more) expect_marks(runs, h);
}

TEST_F(PointRunsTest, ARunThatIsTooLongIsRefusedAndChangesNothing) {
  Runs runs(false);
  allocate(runs, 1);
  EXPECT_THROW(static_cast<void>(runs.allocate(std::uint32_t{1} << 30)), unsupported);
  EXPECT_EQ(runs.live(), 1u);
  for (int i = 0; i < 100; ++i) allocate(runs, 400);  // and nothing is handed out twice
  EXPECT_EQ(runs.live(), units_held);
}

TEST_F(PointRunsTest, ExpectedUnitsChangeNothingVisible) {
  for (const std::size_t units : {std::size_t{1}, std::size_t{50000}, std::size_t{200000}}) {
    Runs runs(false);
    runs.expect(units);
    EXPECT_EQ(runs.live(), 0u);
    held.clear();
    units_held = 0;
    for (int i = 0; i < 100; ++i) (void)allocate(runs, 1 + static_cast<std::uint32_t>(rng.below(40)));
    EXPECT_EQ(runs.live(), units_held);
    runs.expect(units);
    for (const auto& run : held) expect_marks(runs, run.first);
  }
}

TEST_F(PointRunsTest, ThreadsAllocateAndRelease) {
  Runs runs(false);
  constexpr int threads = 3;
  std::vector<std::vector<std::pair<Handle, std::uint32_t>>> kept(threads);
  std::vector<std::thread> workers;
  for (std::size_t w = 0; w < threads; ++w)
    workers.emplace_back([&runs, &mine = kept[w], w] {
      for (std::uint32_t i = 0; i < 3000; ++i) {
        const std::uint32_t units = 1 + (i * 7 + static_cast<std::uint32_t>(w)) % 40;
        const Handle first = runs.allocate(units);
        if (i % 3 != 0)
          mine.emplace_back(first, units);
        else
          runs.release(first, units);
      }
    });
  for (std::thread& worker : workers) worker.join();
  for (const auto& mine : kept)
    for (const auto& [first, units] : mine) {
      ASSERT_TRUE(held.emplace(first, units).second);
      units_held += units;
    }
  EXPECT_EQ(runs.live(), units_held);
  Handle end = 0;
  for (const auto& [first, units] : held) {
    ASSERT_LE(end, first);
    end = first + units;
  }
}

}  // namespace
}  // namespace coppice::test
