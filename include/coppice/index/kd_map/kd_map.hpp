// KdMap: an ordered set or map of tuples, kept in a dynamic k-d tree that balances itself: one tuple a node, compared
// by super-keys, so that any two different tuples have an order along every axis. Where an update puts two sides of a
// node out of balance, that subtree is built anew. Source: Brown, "A Dynamic, Self-balancing k-d Tree" (arXiv
// 2509.08148); background: docs/design/kd_map.md.
#pragma once

#include "coppice/index/kd_map/build.hpp"     // IWYU pragma: export
#include "coppice/index/kd_map/map.hpp"       // IWYU pragma: export
#include "coppice/index/kd_map/reverse.hpp"   // IWYU pragma: export
#include "coppice/index/kd_map/search.hpp"    // IWYU pragma: export
#include "coppice/index/kd_map/update.hpp"    // IWYU pragma: export
#include "coppice/index/kd_map/validate.hpp"  // IWYU pragma: export
