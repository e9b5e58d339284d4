// A contestant of the task `allrnn` that keeps its rows in vectors.
#pragma once

#include <vector>

#include "tasks/allrnn/contestants.hpp"

namespace coppice::bench {

class RowsLister : public WithinLister {
 public:
  [[nodiscard]] std::span<const std::int64_t> offsets() const override { return offsets_; }
  [[nodiscard]] std::span<const std::int32_t> ids() const override { return ids_; }
  [[nodiscard]] std::span<const Real> distances() const override { return distances_; }

 protected:
  std::vector<std::int64_t> offsets_;
  std::vector<std::int32_t> ids_;
  std::vector<Real> distances_;
};

}  // namespace coppice::bench
