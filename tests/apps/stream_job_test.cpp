// The moving-window job of the tool: what it counts, what it leaves, and above all that its checks do find an index
// that errs: one wrong id, one wrong bit of a distance, one lost point.
#include "../../cli/stream_job.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../cli/stream_output.hpp"
#include "coppice/apps/lidar_simulator.hpp"
#include "coppice/errors.hpp"

namespace coppice::cli {
namespace {

constexpr std::size_t sweep_count = 14;

const LidarSimulator& simulator() {
  static const LidarSimulator made([] {
    LidarSimulator::Config config;
    config.columns = 6;
    return config;
  }());
  return made;
}

template <class Scalar>
Sweeps<Scalar> drive() {
  Sweeps<Scalar> sweeps;
  sweeps.count = sweep_count;
  sweeps.read = [](std::size_t i) {
    const Points<float> points = simulator().sweep(static_cast<int>(i));
    return Points<Scalar>{{points.coordinates.begin(), points.coordinates.end()}, 3};
  };
  return sweeps;
}

StreamOptions small_window() {
  StreamOptions options;
  options.window = 4;
  options.verify = 300;
  return options;
}

template <class Scalar>
IndexRecipe<Scalar> recipe(const std::string& name, IndexOptions<Scalar> options = {}) {
  return {[=](int dimension) { return make_index<Scalar>(name, dimension, options); }, options.periodic,
          options.executor};
}

void no_progress(std::size_t, const std::string&) {}

enum class Fault { wrong_id, wrong_bit, lost_point, wrong_after_erase };

// Brute force with one fault.
class FaultyIndex : public AnyIndex<float> {
 public:
  FaultyIndex(int dimension, Fault fault) : index_(make_index<float>("brute", dimension)), fault_(fault) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "faulty"; }
  [[nodiscard]] int dimension() const noexcept override { return index_->dimension(); }
  [[nodiscard]] std::size_t size() const noexcept override { return index_->size(); }
  void build(PointView<float> points) override { index_->build(points); }
  void build(PointView<float> points, std::span<const point_id> ids) override { index_->build(points, ids); }
  point_id insert(PointView<float> points) override {
    const point_id first = index_->insert(points);
    if (fault_ == Fault::lost_point && first > 0 && !std::exchange(lost_, true))
      index_->erase(std::vector<point_id>{first + 1});
    return first;
  }
  void insert(PointView<float> points, std::span<const point_id> ids) override { index_->insert(points, ids); }
  void erase(std::span<const point_id> ids) override {
    std::vector<point_id> present;
    for (const point_id id : ids)
      if (index_->contains(id)) present.push_back(id);
    index_->erase(present);
    erased_ = true;
  }
  void move(std::span<const point_id> ids, PointView<float> points) override { index_->move(ids, points); }
  std::size_t erase_in_box(std::span<const float> lower, std::span<const float> upper) override {
    return index_->erase_in_box(lower, upper);
  }
  std::size_t keep_in_box(std::span<const float> lower, std::span<const float> upper) override {
    return index_->keep_in_box(lower, upper);
  }
  std::size_t down_sample(float cell) override { return index_->down_sample(cell); }
  [[nodiscard]] bool contains(point_id id) const noexcept override { return index_->contains(id); }
  void copy_points(std::vector<point_id>& ids, Points<float>& points) const override {
    index_->copy_points(ids, points);
  }
  [[nodiscard]] Neighbors<float> nearest(PointView<float> queries, const Nearest<float>& query) const override {
    Neighbors<float> answer = index_->nearest(queries, query);
    for (std::size_t at = query.k - 1; size() > query.k && at < answer.ids.size(); at += query.k) {
      if (fault_ == Fault::wrong_id || (fault_ == Fault::wrong_after_erase && erased_)) ++answer.ids[at];
      if (fault_ == Fault::wrong_bit)
        answer.distances[at] = std::nextafter(answer.distances[at], std::numeric_limits<float>::infinity());
    }
    return answer;
  }
  [[nodiscard]] Neighbors<float> within(PointView<float> queries, const Within<float>& query) const override {
    return index_->within(queries, query);
  }
  [[nodiscard]] Neighbors<float> in_box(PointView<float> lower, PointView<float> upper,
                                        const InBox& query) const override {
    return index_->in_box(lower, upper, query);
  }
  [[nodiscard]] std::vector<std::int64_t> count(PointView<float> queries, const Within<float>& query) const override {
    return index_->count(queries, query);
  }
  void save(const std::filesystem::path& path) const override { index_->save(path); }
  [[nodiscard]] Statistics statistics() const override { return index_->statistics(); }
  [[nodiscard]] std::vector<LevelBox<float>> boxes(int max_level) const override { return index_->boxes(max_level); }
  void validate() const override { index_->validate(); }

 private:
  std::unique_ptr<AnyIndex<float>> index_;
  Fault fault_;
  bool erased_ = false;
  bool lost_ = false;
};

StreamReport run_faulty(Fault fault, const StreamOptions& options) {
  const IndexRecipe<float> faulty{
      [=](int dimension) { return std::make_unique<FaultyIndex>(dimension, fault); }, {}, {}};
  return run_stream(drive<float>(), faulty, options, no_progress).report;
}

TEST(StreamJob, EveryIndexAndScalarAgreesWithTheScan) {
  for (const std::string_view name : index_names()) {
    const auto narrow = run_stream(drive<float>(), recipe<float>(std::string(name)), small_window(), no_progress);
    EXPECT_EQ(narrow.report.mismatches, 0u) << name << ": " << narrow.report.first_mismatch;
    EXPECT_EQ(narrow.report.verified, 300u);
    const auto wide = run_stream(drive<double>(), recipe<double>(std::string(name)), small_window(), no_progress);
    EXPECT_EQ(wide.report.mismatches, 0u) << name << ": " << wide.report.first_mismatch;
  }
}

TEST(StreamJob, ThreadsAndPeriodicSpaceChangeNothingInTheCheck) {
  IndexOptions<float> options;
  options.executor = Executor(2);
  options.periodic.lengths = {50, 60, std::numeric_limits<float>::infinity()};
  const auto result = run_stream(drive<float>(), recipe<float>("kd", options), small_window(), no_progress);
  EXPECT_EQ(result.report.mismatches, 0u) << result.report.first_mismatch;
}

TEST(StreamJob, TheWindowHoldsTheLastSweeps) {
  const auto [report, map, index] = run_stream(drive<float>(), recipe<float>("kd"), small_window(), no_progress);
  ASSERT_EQ(report.sweeps.size(), sweep_count);
  for (std::size_t i = 0; i < sweep_count; ++i) {
    std::size_t live = 0;
    for (std::size_t j = i < 4 ? 0 : i - 3; j <= i; ++j) live += report.sweeps[j].points;
    EXPECT_EQ(report.sweeps[i].live, live) << "sweep " << i;
    EXPECT_EQ(report.sweeps[i].erased, i < 4 ? 0 : report.sweeps[i - 4].points) << "sweep " << i;
  }
  ASSERT_FALSE(report.comparisons.empty());
  EXPECT_EQ(report.comparisons.front().sweep, 4u);
  EXPECT_EQ(report.comparisons.back().sweep, sweep_count - 1);
  EXPECT_EQ(map.points.size(), report.sweeps.back().live);
}

TEST(StreamJob, TheMapIsAnEvenSampleOfTheLivePoints) {
  StreamOptions options = small_window();
  options.map_limit = 100;
  const auto [report, map, index] = run_stream(drive<float>(), recipe<float>("kd"), options, no_progress);
  const std::size_t live = report.sweeps.back().live;
  EXPECT_EQ(map.stride, (live + 99) / 100);
  EXPECT_EQ(map.points.size(), (live + map.stride - 1) / map.stride);
}

TEST(StreamJob, FindsAWrongIdAndAWrongBit) {
  for (const Fault fault : {Fault::wrong_id, Fault::wrong_bit}) {
    StreamOptions options = small_window();
    options.comparisons = 0;
    const StreamReport report = run_faulty(fault, options);
    EXPECT_GT(report.mismatches, 250u);
    EXPECT_NE(report.first_mismatch.find("against a scan"), std::string::npos) << report.first_mismatch;
  }
}

TEST(StreamJob, FindsALostPoint) {
  StreamOptions options = small_window();
  options.verify = 0;
  options.comparisons = 0;
  const StreamReport report = run_faulty(Fault::lost_point, options);
  EXPECT_GT(report.mismatches, 0u);
  EXPECT_NE(report.first_mismatch.find("the index holds"), std::string::npos) << report.first_mismatch;
}

TEST(StreamJob, FindsWhereAnIndexWithAHistoryDiffersFromAFreshOne) {
  StreamOptions options = small_window();
  options.verify = 0;
  const StreamReport report = run_faulty(Fault::wrong_after_erase, options);
  EXPECT_GT(report.mismatches, 0u);
  EXPECT_NE(report.first_mismatch.find("against a fresh index"), std::string::npos) << report.first_mismatch;
}

TEST(StreamJob, AWindowThatNeverFillsIsMeasuredOverAllSweeps) {
  StreamOptions options;  // 40 sweeps
  const auto [report, map, index] = run_stream(drive<float>(), recipe<float>("kd"), options, no_progress);
  EXPECT_EQ(report.mismatches, 0u) << report.first_mismatch;
  StreamSetting setting;
  setting.options = options;
  const auto json = stream_json(report, setting);
  EXPECT_EQ(json["update_ms"]["over"], "all sweeps");
  EXPECT_EQ(json["update_ms"]["count"], sweep_count);
  for (const char* field :
       {"sweeps", "live", "query_us", "rebuild_ms", "rebuild_query_us", "verified", "mismatches", "bytes_per_point"})
    EXPECT_TRUE(json.contains(field)) << field;
  setting.options.window = 4;
  EXPECT_EQ(stream_json(report, setting)["update_ms"]["over"], "sweeps with a full window");
}

TEST(StreamJob, EmptySweepsAndMoreNeighboursThanPoints) {
  Sweeps<float> sweeps;
  sweeps.count = 6;
  sweeps.read = [](std::size_t i) {
    return i % 2 == 0 ? Points<float>{{}, 3} : Points<float>{{0, 0, 0, 1, 1, static_cast<float>(i)}, 3};
  };
  StreamOptions options = small_window();
  const auto [report, map, index] = run_stream(sweeps, recipe<float>("kd"), options, no_progress);
  EXPECT_EQ(report.mismatches, 0u) << report.first_mismatch;
  EXPECT_GT(report.verified, 0u);
  EXPECT_EQ(map.points.size(), 4u);
}

TEST(StreamJob, RefusesAnotherDimensionAndTooFewSweeps) {
  Sweeps<float> sweeps;
  sweeps.count = 3;
  sweeps.read = [](std::size_t i) { return Points<float>{{1, 2, 3, 4, 5, 6}, i < 2 ? 3 : 2}; };
  EXPECT_THROW((void)run_stream(sweeps, recipe<float>("kd"), small_window(), no_progress), invalid_input);
  sweeps.count = 1;
  EXPECT_THROW((void)run_stream(sweeps, recipe<float>("kd"), small_window(), no_progress), invalid_input);
}

}  // namespace
}  // namespace coppice::cli
