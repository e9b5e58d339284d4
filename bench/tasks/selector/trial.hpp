// One trial of the task `selector`: everybody who can answer the same questions, timed question by question in turns.
// Single timings are noise, so each question's median over the even rounds says who is fast, and its median over the
// odd rounds, which nobody has seen, how fast they are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "harness/datasets.hpp"
#include "harness/timing.hpp"

namespace coppice::bench {

/// Answers question i, and returns how many points it found.
using Answerer = std::function<std::size_t(std::size_t i)>;

class Trial {
 public:
  explicit Trial(std::size_t questions) : questions_(questions) {}

  void add(std::string name, Answerer answer) { rivals_.push_back({std::move(name), std::move(answer), {}}); }

  /// Rounds are pairs, one seen and one not, each in an order of its own: whoever follows somebody who asks alike finds
  /// the caches warm. Whoever is four times slower than the fastest in the first pair sits out the others.
  void run(int pairs) {
    Random random(8);
    std::vector<std::size_t> order(rivals_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (int pair = 0; pair < pairs; ++pair) {
      const double fastest = pair == 0 ? 0 : fastest_total();
      for (int half = 0; half < 2; ++half) {
        std::shuffle(order.begin(), order.end(), random.engine());
        for (const std::size_t r : order)
          if (pair == 0 || total(rivals_[r], false) <= 4 * fastest) ask_all(rivals_[r]);
      }
    }
  }

  [[nodiscard]] std::size_t size() const { return rivals_.size(); }
  [[nodiscard]] const std::string& name(std::size_t rival) const { return rivals_[rival].name; }
  /// The median of one question in µs, over the rounds that were seen or the others.
  [[nodiscard]] double median_us(std::size_t rival, std::size_t question, bool unseen) const {
    return median_us(rivals_[rival], question, unseen);
  }
  /// The mean of the medians.
  [[nodiscard]] double mean_us(std::size_t rival, bool unseen) const {
    return total(rivals_[rival], unseen) / static_cast<double>(questions_);
  }
  /// Of the first `candidates`, the fastest by the rounds that were seen: for one question, or for all together.
  [[nodiscard]] std::size_t fastest_at(std::size_t question, std::size_t candidates) const {
    return least(candidates, [&](std::size_t r) { return median_us(r, question, false); });
  }
  [[nodiscard]] std::size_t fastest(std::size_t candidates) const {
    return least(candidates, [&](std::size_t r) { return total(rivals_[r], false); });
  }

 private:
  struct Rival {
    std::string name;
    Answerer answer;
    std::vector<std::vector<double>> rounds;  // µs a question
  };

  void ask_all(Rival& rival) {
    std::vector<double> us(questions_);
    for (std::size_t i = 0; i < questions_; ++i) {
      const double start = now();
      consume(rival.answer(i));
      us[i] = (now() - start) * 1e6;
    }
    rival.rounds.push_back(std::move(us));
  }

  [[nodiscard]] static double median_us(const Rival& rival, std::size_t question, bool unseen) {
    std::vector<double> all;
    for (std::size_t round = unseen ? 1 : 0; round < rival.rounds.size(); round += 2)
      all.push_back(rival.rounds[round][question]);
    return median(all);
  }
  [[nodiscard]] double total(const Rival& rival, bool unseen) const {
    double sum = 0;
    for (std::size_t i = 0; i < questions_; ++i) sum += median_us(rival, i, unseen);
    return sum;
  }
  [[nodiscard]] double fastest_total() const { return total(rivals_[fastest(rivals_.size())], false); }

  template <class Cost>
  [[nodiscard]] static std::size_t least(std::size_t candidates, Cost cost) {
    std::size_t best = 0;
    for (std::size_t r = 1; r < candidates; ++r)
      if (cost(r) < cost(best)) best = r;
    return best;
  }

  std::size_t questions_;
  std::vector<Rival> rivals_;
};

}  // namespace coppice::bench
