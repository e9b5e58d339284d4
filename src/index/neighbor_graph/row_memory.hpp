// The working memory of the threads of one search: taken from a shelf, put back after a chunk.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "coppice/index/neighbor_graph/row_kernels.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::neighbor_graph {

/// A RowScratch that owns what it points into.
class RowMemory : private RowScratch {
 public:
  RowMemory(int axes, std::size_t exact_bytes);
  RowMemory(const RowMemory&) = delete;
  RowMemory& operator=(const RowMemory&) = delete;

  [[nodiscard]] RowScratch& scratch() noexcept { return *this; }

 private:
  static RowMemory& of(RowScratch& scratch) noexcept;
  void make_near(int which, std::size_t count);
  void make_leaves(std::size_t count);
  void make_points(std::size_t count);

  std::size_t axes_;
  std::size_t exact_bytes_;
  std::vector<double> near_center_[2];
  std::vector<float> near_half_[2], near_extent_[2];
  std::vector<std::int32_t> near_leaf_[2], leaf_;
  std::vector<float> offset_, extent_;
  storage::Buffer<float> x_, square_, value_;
  storage::Buffer<std::int32_t> slot_, row_;
  storage::Buffer<double> exact_;
};

/// Memories that wait for a thread.
class RowMemories {
 public:
  RowMemories(int axes, std::size_t exact_bytes) : axes_(axes), exact_bytes_(exact_bytes) {}

  template <class Body>
  void with(Body&& body) {
    std::unique_ptr<RowMemory> memory;
    {
      const std::lock_guard lock(mutex_);
      if (!shelf_.empty()) {
        memory = std::move(shelf_.back());
        shelf_.pop_back();
      }
    }
    if (memory == nullptr) memory = std::make_unique<RowMemory>(axes_, exact_bytes_);
    body(memory->scratch());
    const std::lock_guard lock(mutex_);
    shelf_.push_back(std::move(memory));
  }

 private:
  int axes_;
  std::size_t exact_bytes_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<RowMemory>> shelf_;
};

}  // namespace coppice::neighbor_graph
