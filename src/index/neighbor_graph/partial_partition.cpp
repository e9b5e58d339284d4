// Partition and adjacency in tandem: at each level first every box's uniform children, so that its neighbours can
// count them, then the cuts, then the pairs.
#include "coppice/index/neighbor_graph/partial_partition.hpp"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "adjacency_expand.hpp"
#include "coppice/errors.hpp"
#include "coppice/storage/memory.hpp"
#include "partial_partition_split.hpp"
#include "qode_sort.hpp"
#include "quantize.hpp"

namespace coppice {
namespace {

using neighbor_graph::Piece;
using neighbor_graph::TouchingBox;
using neighbor_graph::UniformChild;
using neighbor_graph::WordRows;
using storage::RawArray;

constexpr std::size_t boxes_a_task = 64;

/// Children filtered by qode and by the axes that they were cut along. Faces add up from level to level, which is what
/// the printed filter for partial partitions lacks. A leaf that is carried on is cut along none.
struct PartialPolicy {
  static constexpr std::uint64_t test_operations = 3;
  static constexpr std::uint64_t face_operations = 8;

  const std::vector<Qode>& qodes;  // of the kids
  const std::vector<Qode>& cuts;
  const std::vector<char>& divided;  // of the level above

  [[nodiscard]] bool touches(std::uint32_t kid, FaceQode face) const {
    return neighbor_graph::touches(qodes[kid], cuts[kid], face);
  }
  [[nodiscard]] bool touches_other(std::uint32_t kid, FaceQode face) const {
    return neighbor_graph::touches(qodes[kid], cuts[kid], face.reversed());
  }
  [[nodiscard]] bool tests(std::uint32_t parent) const { return divided[parent] != 0; }
  [[nodiscard]] FaceQode face(std::uint32_t kid, std::uint32_t other, FaceQode face) const {
    const Qode parted = (qodes[kid] ^ qodes[other]) & cuts[kid] & cuts[other] & ~face.split;
    return {face.split | parted, face.side | (~qodes[kid] & parted)};
  }
};

/// What is known of a level's boxes before they are cut.
struct Prospect {
  std::vector<char> divided;                        // whether a vertex will be cut
  std::vector<std::vector<UniformChild>> children;  // of those
};

/// e(B', B) for all boxes B' that touch vertex v.
std::vector<TouchingBox> touching(const AdjacencyGraph& graph, const Prospect& prospect, std::size_t v) {
  std::vector<TouchingBox> found;
  found.reserve(graph.row(v).size());
  for (std::uint64_t e = graph.offsets[v]; e < graph.offsets[v + 1]; ++e) {
    const std::uint32_t w = graph.neighbors[e];
    const FaceQode face = graph.faces[e];
    std::uint32_t edges = 1;
    if (prospect.divided[w] != 0)
      edges = static_cast<std::uint32_t>(
          std::count_if(prospect.children[w].begin(), prospect.children[w].end(),
                        [&](const UniformChild& child) { return face.touched_by_other(child.qode); }));
    if (edges != 0) found.push_back({face, edges});
  }
  return found;
}

std::vector<Piece> all_children(std::span<const UniformChild> children, Qode all) {
  std::vector<Piece> pieces;
  for (std::uint32_t child = 0; child < children.size(); ++child)
    pieces.push_back({children[child].qode, all, {child}});
  return pieces;
}

}  // namespace

void PartialPartitionConfig::validate() const {
  if (levels < 1 || levels > most_levels)
    throw invalid_input("levels of a partial partition is " + std::to_string(levels) + ", expected 1 to " +
                        std::to_string(most_levels));
  if (mass == 0) throw invalid_input("mass of a partial partition is 0, expected at least 1");
  if (mass_low > mass)
    throw invalid_input("mass_low of a partial partition is " + std::to_string(mass_low) + ", more than its mass, " +
                        std::to_string(mass));
}

template <class Scalar>
bool PartialPartition<Scalar>::touch(std::uint32_t a, std::uint32_t b) const noexcept {
  const auto lower_a = lower(a), upper_a = upper(a), lower_b = lower(b), upper_b = upper(b);
  std::uint16_t apart = 0;
  for (std::size_t i = 0; i < lower_a.size(); ++i)
    apart = static_cast<std::uint16_t>(apart | (upper_a[i] < lower_b[i]) | (upper_b[i] < lower_a[i]));
  return apart == 0;
}

template <class Scalar>
PartialPartition<Scalar>::PartialPartition(PointView<Scalar> points, const Config& config) {
  config.validate();
  neighbor_graph::check_partition(points);
  dimension_ = points.dimension();
  const std::size_t n = points.size();
  if (n == 0) return;
  const auto d = static_cast<std::size_t>(dimension_);
  const Qode all = d == 64 ? ~Qode{0} : (Qode{1} << d) - 1;
  const neighbor_graph::SplitRule rule{dimension_, config.mass,
                                       config.mass_low != 0 ? config.mass_low : config.mass / 2};

  const neighbor_graph::PartitionGrid<Scalar> grid(points, config.levels);
  const RawArray<std::uint64_t> columns(n * static_cast<std::size_t>(config.levels));
  write_columns(points, grid, config.levels, columns.get(), config.executor);
  const RawArray<std::uint64_t> words(n), spare_words(n);
  const RawArray<std::uint32_t> spare_rows(n);
  order_.resize(n);
  std::iota(order_.begin(), order_.end(), 0u);

  nodes_.push_back({0, 0, static_cast<std::uint32_t>(n), 0, 0, 0, 0});
  level_begin_.push_back(1);
  cuts_.push_back(0);
  lower_.assign(d, 0);
  upper_.assign(d, static_cast<std::uint16_t>(1 << config.levels));
  graphs_.push_back({{0}, {}, {0, 0}, {}, {}});
  statistics_.push_back({1, 0, 0, 0, 0});

  for (int level = 0; level < config.levels; ++level) {
    AdjacencyGraph& graph = graphs_.back();
    Prospect prospect{std::vector<char>(graph.size()), std::vector<std::vector<UniformChild>>(graph.size())};
    const std::uint64_t* column = columns.get() + static_cast<std::size_t>(level) * n;
    config.executor.for_each_chunk(graph.size(), boxes_a_task, [&](std::size_t first, std::size_t last) {
      for (std::size_t v = first; v < last; ++v) {
        const PartitionNode& node = nodes_[graph.nodes[v]];
        if (node.mass() <= config.mass || node.level != static_cast<std::uint32_t>(level)) continue;
        prospect.divided[v] = 1;
        for (std::uint32_t i = node.begin; i < node.end; ++i) words.get()[i] = column[order_[i]];
        neighbor_graph::sort_words(WordRows{words.get() + node.begin, order_.data() + node.begin},
                                   WordRows{spare_words.get() + node.begin, spare_rows.get() + node.begin}, node.mass(),
                                   dimension_, config.executor);
        auto& children = prospect.children[v];
        for (std::uint32_t i = node.begin; i < node.end; ++i) {
          if (children.empty() || children.back().qode != words.get()[i]) children.push_back({words.get()[i], i, i});
          ++children.back().end;
        }
      }
    });

    std::vector<std::vector<Piece>> pieces(graph.size());
    config.executor.for_each_chunk(graph.size(), boxes_a_task, [&](std::size_t first, std::size_t last) {
      for (std::size_t v = first; v < last; ++v)
        if (prospect.divided[v] != 0)
          pieces[v] = config.uniform ? all_children(prospect.children[v], all)
                                     : split_box(prospect.children[v], touching(graph, prospect, v), rule);
    });

    AdjacencyGraph next;
    std::vector<Qode> qodes, cuts;  // of the vertices of the next level
    std::size_t made = 0;
    const auto half = static_cast<std::uint16_t>(1 << (config.levels - 1 - level));
    for (std::uint32_t v = 0; v < graph.size(); ++v) {
      const std::uint32_t number = graph.nodes[v];
      if (prospect.divided[v] == 0) {
        next.nodes.push_back(number);
        next.parents.push_back(v);
        qodes.push_back(0);
        cuts.push_back(0);
        continue;
      }
      nodes_[number].first_child = static_cast<std::uint32_t>(nodes_.size());
      nodes_[number].children = static_cast<std::uint32_t>(pieces[v].size());
      std::uint32_t at = nodes_[number].begin;
      std::copy(order_.begin() + at, order_.begin() + nodes_[number].end, spare_rows.get() + at);
      for (const Piece& piece : pieces[v]) {
        PartitionNode node{piece.qode, at, at, number, 0, 0, static_cast<std::uint32_t>(level) + 1};
        for (const std::uint32_t child : piece.children) {
          const UniformChild& run = prospect.children[v][child];
          std::copy(spare_rows.get() + run.begin, spare_rows.get() + run.end, order_.begin() + node.end);
          node.end += run.mass();
        }
        at = node.end;
        for (std::size_t i = 0; i < d; ++i) {
          const bool is_cut = (piece.cut >> i & 1) != 0;
          const bool is_upper = (piece.qode >> i & 1) != 0;
          const std::uint16_t low = lower_[number * d + i];
          const std::uint16_t high = upper_[number * d + i];
          lower_.push_back(is_cut && is_upper ? static_cast<std::uint16_t>(low + half) : low);
          upper_.push_back(is_cut && !is_upper ? static_cast<std::uint16_t>(low + half) : high);
        }
        next.nodes.push_back(static_cast<std::uint32_t>(nodes_.size()));
        next.parents.push_back(v);
        qodes.push_back(piece.qode);
        cuts.push_back(piece.cut);
        cuts_.push_back(piece.cut);
        nodes_.push_back(node);
        ++made;
      }
    }
    if (made == 0) break;
    level_begin_.push_back(static_cast<std::uint32_t>(nodes_.size()));
    const auto counts = neighbor_graph::expand(graph, next, PartialPolicy{qodes, cuts, prospect.divided}, level + 1,
                                               config.most_edges, config.executor);
    PartialPartitionLevel sums{next.size(), 0, next.edges(), counts.visits, counts.operations};
    for (const std::uint32_t number : next.nodes)
      sums.leaves += nodes_[number].mass() <= config.mass || level + 1 == config.levels ? 1 : 0;
    statistics_.push_back(sums);
    if (!config.keep_levels) graph = {};
    graphs_.push_back(std::move(next));
  }
  for (const PartitionNode& node : nodes_) leaves_ += node.is_leaf() ? 1 : 0;
}

template class PartialPartition<float>;
template class PartialPartition<double>;

}  // namespace coppice
