// Making a partition: qodes, their order, and the runs of equal columns that are its nodes.
#include "coppice/index/neighbor_graph/partition_tree.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/storage/memory.hpp"
#include "qode_sort.hpp"
#include "quantize.hpp"

namespace coppice {
namespace {

using neighbor_graph::PartitionGrid;
using neighbor_graph::WordRows;
using storage::RawArray;

constexpr std::size_t node_grain = 256;

/// The end of the run of equal words that begins at `first`: doubling steps, then halves of the last.
template <class Word>
std::uint32_t run_end(std::uint32_t first, std::uint32_t last, const Word& word) {
  const auto value = word(first);
  std::uint32_t step = 1;
  std::uint32_t low = first;  // in the run
  while (last - low > step && word(low + step) == value) {
    low += step;
    step *= 2;
  }
  std::uint32_t high = last - low > step ? low + step : last;  // beyond it, or the end
  while (high - low > 1) {
    const std::uint32_t middle = low + (high - low) / 2;
    (word(middle) == value ? low : high) = middle;
  }
  return low + 1;
}

/// Whole qodes as Morton keys: the column of the first level in the highest bits.
template <class Scalar>
void write_keys(PointView<Scalar> points, const PartitionGrid<Scalar>& grid, int levels, std::uint64_t* keys,
                const Executor& executor) {
  const auto dimension = static_cast<std::size_t>(points.dimension());
  std::array<std::uint64_t, 256> spread{};  // a byte with its bits `dimension` places apart
  for (std::size_t byte = 0; byte < spread.size(); ++byte)
    for (std::size_t bit = 0; bit < 8 && bit * dimension < 64; ++bit)
      spread[byte] |= static_cast<std::uint64_t>(byte >> bit & 1) << (bit * dimension);
  executor.for_each_chunk(points.size(), 4096, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const Scalar* x = points.row(i);
      std::uint64_t key = 0;
      for (std::size_t a = 0; a < dimension; ++a) {
        const std::uint32_t cell = grid.cell(x[a], a);
        for (int bit = 0; bit < levels; bit += 8)
          key |= spread[cell >> bit & 255] << (static_cast<std::size_t>(bit) * dimension + a);
      }
      keys[i] = key;
    }
  });
}

/// Appends the children of all nodes of the last level that hold more than `mass` points; false: there were none.
/// `order(node)` sorts a node's points by the level's words, `word(place)` reads one.
template <class Order, class Word>
bool divide_level(std::vector<PartitionNode>& nodes, std::vector<std::uint32_t>& level_begin, std::size_t mass,
                  const Executor& executor, const Order& order, const Word& word) {
  const std::uint32_t first = level_begin[level_begin.size() - 2];
  const std::size_t count = nodes.size() - first;
  std::vector<std::vector<PartitionNode>> made((count + node_grain - 1) / node_grain);
  executor.for_each_chunk(count, node_grain, [&](std::size_t from, std::size_t to) {
    auto& own = made[from / node_grain];
    for (std::size_t i = from; i < to; ++i) {
      const auto number = static_cast<std::uint32_t>(first + i);
      const PartitionNode& node = nodes[number];
      if (node.mass() <= mass) continue;
      order(node);
      for (std::uint32_t begin = node.begin; begin < node.end;) {
        const std::uint32_t end = run_end(begin, node.end, word);
        own.push_back({word(begin), begin, end, number, 0, 0, node.level + 1});
        begin = end;
      }
    }
  });
  for (const auto& own : made)
    for (const PartitionNode& child : own) {
      PartitionNode& parent = nodes[child.parent];
      if (parent.children++ == 0) parent.first_child = static_cast<std::uint32_t>(nodes.size());
      nodes.push_back(child);
    }
  if (nodes.size() == level_begin.back()) return false;
  level_begin.push_back(static_cast<std::uint32_t>(nodes.size()));
  return true;
}

}  // namespace

void PartitionConfig::validate() const {
  if (levels < 1 || levels > most_levels)
    throw invalid_input("levels of a partition is " + std::to_string(levels) + ", expected 1 to " +
                        std::to_string(most_levels));
  if (mass == 0) throw invalid_input("mass of a partition is 0, expected at least 1");
}

std::vector<std::uint32_t> PartitionTopology::canopy(int level) const {
  std::vector<std::uint32_t> found;
  const std::uint32_t end = level_begin(std::min(level + 1, levels()));
  for (std::uint32_t node = 0; node < end; ++node)
    if (nodes_[node].is_leaf() || nodes_[node].level == static_cast<std::uint32_t>(level)) found.push_back(node);
  std::sort(found.begin(), found.end(),
            [&](std::uint32_t a, std::uint32_t b) { return nodes_[a].begin < nodes_[b].begin; });
  return found;
}

void MidpointTopology::position(std::uint32_t node, std::span<std::uint32_t> position) const {
  std::fill(position.begin(), position.begin() + dimension_, 0);
  std::uint32_t bit = 0;
  for (; node != 0; node = nodes_[node].parent, ++bit)
    for (std::size_t a = 0; a < static_cast<std::size_t>(dimension_); ++a)
      position[a] |= static_cast<std::uint32_t>(nodes_[node].qode >> a & 1) << bit;
}

template <class Scalar>
PartitionTree<Scalar>::PartitionTree(PointView<Scalar> points, const Config& config) : config_(config) {
  config.validate();
  neighbor_graph::check_partition(points);
  dimension_ = points.dimension();
  lower_.assign(static_cast<std::size_t>(dimension_), Scalar{0});
  const std::size_t n = points.size();
  if (n == 0) return;

  const PartitionGrid<Scalar> grid(points, config.levels);
  lower_ = grid.lower();
  width_ = grid.width();
  nodes_.push_back({0, 0, static_cast<std::uint32_t>(n), 0, 0, 0, 0});
  level_begin_.push_back(1);
  order_.resize(n);
  std::iota(order_.begin(), order_.end(), 0u);

  const RawArray<std::uint32_t> spare_rows(n);
  const RawArray<std::uint64_t> spare_words(n);
  const RawArray<std::uint64_t> words(n);
  const WordRows at{words.get(), order_.data()};
  const WordRows spare{spare_words.get(), spare_rows.get()};
  if (dimension_ * config.levels <= 64) {
    write_keys(points, grid, config.levels, at.words, config.executor);
    neighbor_graph::sort_words(at, spare, n, dimension_ * config.levels, config.executor);
    const std::uint64_t mask = dimension_ == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << dimension_) - 1;
    for (int level = 0; level < config.levels; ++level) {
      const int shift = dimension_ * (config.levels - 1 - level);
      const auto word = [&](std::uint32_t place) { return at.words[place] >> shift & mask; };
      if (!divide_level(
              nodes_, level_begin_, config.mass, config.executor, [](const PartitionNode&) {}, word))
        break;
    }
  } else {
    const RawArray<std::uint64_t> columns(n * static_cast<std::size_t>(config.levels));
    write_columns(points, grid, config.levels, columns.get(), config.executor);
    for (int level = 0; level < config.levels; ++level) {
      const std::uint64_t* column = columns.get() + static_cast<std::size_t>(level) * n;
      const auto order = [&](const PartitionNode& node) {
        for (std::uint32_t i = node.begin; i < node.end; ++i) at.words[i] = column[at.rows[i]];
        neighbor_graph::sort_words({at.words + node.begin, at.rows + node.begin},
                                   {spare.words + node.begin, spare.rows + node.begin}, node.mass(), dimension_,
                                   config.executor);
      };
      const auto word = [&](std::uint32_t place) { return at.words[place]; };
      if (!divide_level(nodes_, level_begin_, config.mass, config.executor, order, word)) break;
    }
  }
  for (const PartitionNode& node : nodes_) leaves_ += node.is_leaf() ? 1 : 0;
}

template class PartitionTree<float>;
template class PartitionTree<double>;

}  // namespace coppice
