// The messages of the typed errors. They are put together here, once, and not in every source that may throw one.
#include "coppice/errors.hpp"

#include <utility>

namespace coppice {

invalid_input::invalid_input(const std::string& reason) : error(reason), reason_(reason) {}

invalid_input::invalid_input(std::size_t row, const std::string& reason)
    : error("row " + std::to_string(row) + ": " + reason), row_(row), reason_(reason) {}

corrupt_file::corrupt_file(const std::string& path, std::string field, std::uint64_t offset, const std::string& reason)
    : error(path + ": " + field + " at byte " + std::to_string(offset) + ": " + reason),
      field_(std::move(field)),
      offset_(offset) {}

}  // namespace coppice
