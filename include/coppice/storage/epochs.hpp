// Epochs: which records a living snapshot may still read. The writer stamps every record with the epoch of its birth;
// a snapshot takes the current epoch and starts the next one. A record is shared, and must be copied instead of
// written, while a snapshot as young as its birth lives; a record that was replaced waits until the last snapshot that
// can see it is gone. Readers touch this only when a snapshot begins and ends.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "coppice/storage/arena.hpp"

namespace coppice::storage {

using Epoch = std::uint64_t;

/// An epoch in a record that need not be aligned to 8 bytes for its sake.
class StoredEpoch {
 public:
  StoredEpoch(Epoch epoch) : low_(static_cast<std::uint32_t>(epoch)), high_(static_cast<std::uint32_t>(epoch >> 32)) {}
  operator Epoch() const { return Epoch{high_} << 32 | low_; }

 private:
  std::uint32_t low_, high_;
};

/// The epochs of the living snapshots. Thread safe.
class EpochRegistry {
 public:
  /// The birth stamp for records made now.
  [[nodiscard]] Epoch current() const noexcept { return current_.load(std::memory_order_relaxed); }
  /// The youngest living snapshot's epoch, 0 when none lives: a record born later is the writer's own.
  [[nodiscard]] Epoch youngest() const noexcept { return youngest_.load(std::memory_order_acquire); }
  /// The oldest living snapshot's epoch, or `current()` when none lives.
  [[nodiscard]] Epoch oldest() const noexcept {
    const Epoch oldest = oldest_.load(std::memory_order_acquire);
    return oldest == 0 ? current() : oldest;
  }

  [[nodiscard]] Epoch begin() {
    const std::lock_guard lock(mutex_);
    const Epoch epoch = current_.load(std::memory_order_relaxed);
    living_.insert(epoch);
    current_.store(epoch + 1, std::memory_order_relaxed);
    publish();
    return epoch;
  }
  void end(Epoch epoch) noexcept {
    const std::lock_guard lock(mutex_);
    living_.erase(epoch);
    publish();
  }

 private:
  void publish() noexcept {
    youngest_.store(living_.empty() ? 0 : *living_.rbegin(), std::memory_order_release);
    oldest_.store(living_.empty() ? 0 : *living_.begin(), std::memory_order_release);
  }

  std::mutex mutex_;
  std::set<Epoch> living_;
  std::atomic<Epoch> current_{1};
  std::atomic<Epoch> youngest_{0};
  std::atomic<Epoch> oldest_{0};
};

/// One snapshot's hold on its epoch.
class EpochHold {
 public:
  explicit EpochHold(std::shared_ptr<EpochRegistry> registry)
      : registry_(std::move(registry)), epoch_(registry_->begin()) {}
  EpochHold(const EpochHold&) = delete;
  EpochHold& operator=(const EpochHold&) = delete;
  ~EpochHold() { registry_->end(epoch_); }

 private:
  std::shared_ptr<EpochRegistry> registry_;
  Epoch epoch_;
};

/// Replaced records that wait for the snapshots that can still see them, oldest first.
template <class Record>
class Retired {
 public:
  void retire(const Record& record, Epoch now) { waiting_.push_back({now, record}); }
  /// Hands every record retired at or before `oldest` to `release`.
  template <class Release>
  void reclaim(Epoch oldest, Release&& release) {
    while (!waiting_.empty() && waiting_.front().first <= oldest) {
      release(waiting_.front().second);
      waiting_.pop_front();
    }
  }
  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
  void clear() noexcept { waiting_.clear(); }

 private:
  std::deque<std::pair<Epoch, Record>> waiting_;
};
using RetiredHandles = Retired<Handle>;

}  // namespace coppice::storage
