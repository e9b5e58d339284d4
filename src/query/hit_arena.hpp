// The hits of many range queries, one after the other in large blocks that never move: a batch is collected in whatever
// order it is searched, and put into the order of its rows at the end.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "coppice/query/kernels.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::query {

/// What a kernel may write past the last hit.
inline constexpr std::size_t hit_slack = 8;

template <class Scalar>
class HitArena : private HitSink<Scalar> {
 public:
  /// The hits of one query. `keys` is null where none were asked for.
  struct Row {
    point_id* ids = nullptr;
    Scalar* keys = nullptr;
    std::size_t size = 0;
  };

  /// `queries`: how many are to come. Many get huge pages from the start, which are kept from batch to batch.
  HitArena(bool with_keys, std::size_t queries)
      : with_keys_(with_keys), next_(queries < many_queries ? first_block : largest_block()) {
    this->grow = [](HitSink<Scalar>& sink, std::size_t more) { static_cast<HitArena&>(sink).next_block(more); };
    next_block(0);  // keys that are null would mean that none are asked for
  }
  HitArena(const HitArena&) = delete;
  HitArena& operator=(const HitArena&) = delete;

  /// Where the next query puts its hits.
  [[nodiscard]] HitSink<Scalar>& open() noexcept { return *this; }
  /// Ends the query: its hits stay where they are.
  Row close() noexcept {
    const Row row{this->ids, this->keys, this->size};
    const std::size_t used = this->size;
    this->ids += used;
    if (with_keys_) this->keys += used;
    this->capacity -= used;
    this->size = 0;
    return row;
  }

 private:
  static constexpr std::size_t many_queries = 512;
  static constexpr std::size_t first_block = std::size_t{1} << 12;

  [[nodiscard]] std::size_t entry_bytes() const { return sizeof(point_id) + (with_keys_ ? sizeof(Scalar) : 0); }
  [[nodiscard]] std::size_t largest_block() const { return storage::huge_page / entry_bytes(); }

  /// Goes on in a fresh block, ids first and keys behind them; the hits of the query at hand move there.
  void next_block(std::size_t more) {
    const std::size_t wanted = std::max(next_, 2 * (this->size + more) + hit_slack);
    next_ = std::min(4 * next_, largest_block());
    storage::RawArray<std::byte> block(wanted * entry_bytes());
    auto* moved_ids = reinterpret_cast<point_id*>(block.get());
    std::copy_n(this->ids, this->size, moved_ids);
    if (with_keys_) {
      auto* moved_keys = reinterpret_cast<Scalar*>(moved_ids + wanted);
      std::copy_n(this->keys, this->size, moved_keys);
      this->keys = moved_keys;
    }
    this->ids = moved_ids;
    this->capacity = wanted - hit_slack;
    blocks_.push_back(std::move(block));
  }

  bool with_keys_;
  std::size_t next_;
  std::vector<storage::RawArray<std::byte>> blocks_;
};

}  // namespace coppice::query
