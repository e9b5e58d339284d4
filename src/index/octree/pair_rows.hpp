// Room for the rows of a list: large pages that updates use again, handed to threads in spans. A row never moves.
#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

#include "coppice/query/leaf_blocks.hpp"

namespace coppice::octree {

class RowStore {
 public:
  struct Span {
    std::int32_t* ids = nullptr;
    std::uint32_t* codes = nullptr;
    std::size_t room = 0;
  };

  /// Forgets all rows; `expected` entries are about what comes next.
  void reset(std::size_t expected) {
    page_ = 4096;
    while (page_ < expected / 8 && page_ < largest_page) page_ *= 2;
    spare_.clear();
    std::erase_if(pages_, [&](const Page& page) { return page.size * 8 < page_; });
    for (const Page& page : pages_) spare_.push_back({page.ids.get(), page.codes.get(), page.size});
  }

  /// A span of at least `room` entries. Thread safe, as is give_back. Errors: std::bad_alloc.
  Span take(std::size_t room) {
    const std::lock_guard lock(mutex_);
    for (std::size_t k = spare_.size(); k-- > 0;)
      if (spare_[k].room >= room) {
        const Span span = spare_[k];
        spare_[k] = spare_.back();
        spare_.pop_back();
        return span;
      }
    const std::size_t size = std::max(room, page_);
    pages_.push_back({storage::RawArray<std::int32_t>(size), storage::RawArray<std::uint32_t>(size), size});
    return {pages_.back().ids.get(), pages_.back().codes.get(), size};
  }
  void give_back(const Span& span) {
    if (span.room < 1024) return;
    const std::lock_guard lock(mutex_);
    spare_.push_back(span);
  }

  [[nodiscard]] std::size_t bytes() const noexcept {
    std::size_t sum = 0;
    for (const Page& page : pages_) sum += page.size * 8;
    return sum;
  }

 private:
  static constexpr std::size_t largest_page = std::size_t{1} << 19;
  struct Page {
    storage::RawArray<std::int32_t> ids;
    storage::RawArray<std::uint32_t> codes;  // pages of memory that are never touched cost nothing
    std::size_t size;
  };
  std::mutex mutex_;
  std::size_t page_ = 4096;
  std::vector<Page> pages_;
  std::vector<Span> spare_;
};

/// A sink that takes its room from a store, and gives back what is left.
class StoreSink : public RowSink {
 public:
  explicit StoreSink(RowStore& store) : RowSink{nullptr, nullptr, 0, &more}, store_(store) {}
  StoreSink(const StoreSink&) = delete;
  StoreSink& operator=(const StoreSink&) = delete;
  ~StoreSink() { store_.give_back({ids, codes, room}); }

 private:
  static void more(RowSink& sink, std::size_t room) {
    auto& self = static_cast<StoreSink&>(sink);
    const RowStore::Span left{sink.ids, sink.codes, sink.room};
    const RowStore::Span span = self.store_.take(room);
    self.store_.give_back(left);
    sink.ids = span.ids;
    sink.codes = span.codes;
    sink.room = span.room;
  }
  RowStore& store_;
};

/// Working memory of one thread.
class ScratchMemory : public PairScratch {
 public:
  ScratchMemory() : PairScratch{} {
    reserve_near = [](PairScratch& scratch, std::size_t count) {
      static_cast<ScratchMemory&>(scratch).make_near(count);
    };
    reserve_points = [](PairScratch& scratch, std::size_t count) {
      static_cast<ScratchMemory&>(scratch).make_points(count);
    };
  }

 private:
  template <class T, class Member>
  void assign(std::vector<T>& memory, std::size_t count, std::initializer_list<Member*> columns) {
    memory.resize(count * columns.size());
    T* at = memory.data();
    for (Member* column : columns) {
      *column = at;
      at += count;
    }
  }
  void make_near(std::size_t count) {
    count += slack;
    if (count <= near_room) return;
    std::vector<double> centers(3 * count);
    std::vector<float> halves(4 * count);
    std::vector<std::int32_t> names(2 * count);
    for (std::size_t a = 0; a < 3; ++a) {
      std::copy_n(near_center[a], near_room, centers.data() + a * count);
      std::copy_n(near_half[a], near_room, halves.data() + a * count);
    }
    std::copy_n(near_extent, near_room, halves.data() + 3 * count);
    std::copy_n(near_leaf, near_room, names.data());
    std::copy_n(near_code, near_room, names.data() + count);
    centers_.swap(centers);
    halves_.swap(halves);
    names_.swap(names);
    for (std::size_t a = 0; a < 3; ++a) {
      near_center[a] = centers_.data() + a * count;
      near_half[a] = halves_.data() + a * count;
    }
    near_extent = halves_.data() + 3 * count;
    near_leaf = names_.data();
    near_code = names_.data() + count;
    near_room = count;
    assign(offsets_, count, {&offset[0], &offset[1], &offset[2]});
    assign(leaves_, count, {&leaf, &code});
  }
  void make_points(std::size_t count) {
    count += slack;
    if (count <= point_room) return;
    point_room = count;
    assign(coordinates_, count, {&x[0], &x[1], &x[2], &square});
    assign(labels_, count,
           {&id, &image, &row_id[0], &row_id[1], &row_id[2], &row_image[0], &row_image[1], &row_image[2]});
  }

  std::vector<double> centers_;
  std::vector<float> halves_, offsets_, coordinates_;
  std::vector<std::int32_t> names_, leaves_, labels_;
};

/// Working memories that threads borrow.
class ScratchPool {
 public:
  std::unique_ptr<ScratchMemory> take() {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return std::make_unique<ScratchMemory>();
    auto scratch = std::move(free_.back());
    free_.pop_back();
    return scratch;
  }
  void give_back(std::unique_ptr<ScratchMemory> scratch) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(scratch));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<ScratchMemory>> free_;
};

}  // namespace coppice::octree
