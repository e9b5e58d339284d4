// The room for a whole file, and the one read that fills it.
#include "coppice/persist/file_bytes.hpp"

#include <algorithm>
#include <new>

#include "coppice/persist/file_reader.hpp"

namespace coppice::persist {

FileBytes::FileBytes(const std::filesystem::path& path) {
  const FileReader file(path);
  size_ = static_cast<std::size_t>(file.size());
  const std::size_t room = std::max(size_ + alignment - 1, alignment) / alignment * alignment;
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, room)));
  if (!data_) throw std::bad_alloc();
  file.read(0, {data_.get(), size_});
}

}  // namespace coppice::persist
