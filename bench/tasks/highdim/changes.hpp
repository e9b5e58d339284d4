// Points that come and go in a graph of high dimension: what a hundredth of them costs, and what it leaves behind.
#pragma once

#include "harness/apart.hpp"
#include "tasks/highdim/contestants.hpp"

namespace coppice::bench {

/// With `insert` a graph of all points but each hundredth is given these; else one of all loses them. The numbers are
/// those of that change, and of making all rows anew beside it (`fresh_cpu_seconds`, `share_of_fresh`), of their
/// recall (`recall`, `fresh_recall`) and of what the change did. With `check` the text `problem` says what is wrong:
/// rows that are not exact, or a recall that is less than the task wants.
[[nodiscard]] Outcome change_once(const HighTask& task, bool insert, bool check);

}  // namespace coppice::bench
