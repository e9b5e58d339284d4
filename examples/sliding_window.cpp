// A map of the last ten sweeps of a (simulated) LiDAR. The writer lets the oldest sweep leave and the new one enter;
// a reader on another thread searches a snapshot, which stays as it was however far the writer has gone.
#include <cstdio>
#include <deque>
#include <numeric>
#include <thread>
#include <vector>

#include "coppice/apps/lidar_simulator.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"

int main() {
  coppice::LidarSimulator::Config sensor;
  sensor.beams = 16;
  sensor.columns = 360;
  const coppice::LidarSimulator lidar(sensor);

  constexpr std::size_t window = 10;
  coppice::KdTree<float> map(3);
  std::deque<std::vector<coppice::point_id>> sweeps;  // the ids of each sweep that is live
  for (int i = 0; i < 30; ++i) {
    const coppice::Points<float> sweep = lidar.sweep(i);

    // Taken between two changes; searched while the next ones are made.
    const auto snapshot = map.snapshot();
    coppice::Neighbors<float> neighbours;
    std::thread reader([&] { neighbours = snapshot.nearest(sweep, {.k = 5, .radius = 2}); });

    if (sweeps.size() == window) {
      map.erase(sweeps.front());
      sweeps.pop_front();
    }
    const coppice::point_id first = map.insert(sweep);
    sweeps.emplace_back(sweep.size());
    std::iota(sweeps.back().begin(), sweeps.back().end(), first);

    reader.join();
    if (i % 10 == 9)
      std::printf("sweep %d: %zu points asked a map of %zu, which has %zu by now\n", i, neighbours.size(),
                  snapshot.size(), map.size());
  }
  map.validate();
}

// Prints:
//   sweep 9: 5325 points asked a map of 47427, which has 52752 by now
//   sweep 19: 5312 points asked a map of 53325, which has 53312 by now
//   sweep 29: 5220 points asked a map of 52604, which has 52512 by now
