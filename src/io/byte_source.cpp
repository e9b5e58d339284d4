// See byte_source.hpp. Gzip is unpacked by zlib.
#include "byte_source.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "coppice/errors.hpp"

namespace coppice::io {

namespace {

constexpr std::size_t packed_piece = std::size_t{1} << 18;
constexpr std::size_t text_piece = std::size_t{1} << 20;

}  // namespace

std::size_t MemorySource::read(std::span<std::byte> into) {
  const std::size_t count = std::min(into.size(), bytes_.size());
  if (count > 0) std::memcpy(into.data(), bytes_.data(), count);
  bytes_ = bytes_.subspan(count);
  return count;
}

std::size_t FileSource::read(std::span<std::byte> into) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), file_.size() - offset_));
  file_.read(offset_, into.first(count));
  offset_ += count;
  return count;
}

struct GzipSource::Stream {
  z_stream z{};
  Stream() {
    constexpr int gzip_window = 15 + 16;  // the largest window; only gzip's header
    if (inflateInit2(&z, gzip_window) != Z_OK) throw std::bad_alloc();
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { inflateEnd(&z); }
};

GzipSource::GzipSource(ByteSource& packed, std::string path)
    : packed_(packed), path_(std::move(path)), input_(packed_piece), stream_(std::make_unique<Stream>()) {}

GzipSource::~GzipSource() = default;

void GzipSource::refuse(const char* reason) const {
  throw corrupt_file(path_, "gzip", taken_ - stream_->z.avail_in, reason);
}

std::size_t GzipSource::read(std::span<std::byte> into) {
  constexpr std::size_t most = std::size_t{1} << 30;  // zlib counts in unsigned ints
  z_stream& z = stream_->z;
  const std::size_t room = std::min(into.size(), most);
  z.next_out = reinterpret_cast<Bytef*>(into.data());
  z.avail_out = static_cast<uInt>(room);
  while (z.avail_out > 0) {
    if (z.avail_in == 0) {
      const std::size_t count = packed_.read(input_);
      taken_ += count;
      z.next_in = reinterpret_cast<Bytef*>(input_.data());
      z.avail_in = static_cast<uInt>(count);
      if (count == 0) {
        if (!any_member_) refuse("found an empty file, expected a gzip header");
        if (!between_members_) refuse("the file is cut short");
        break;
      }
    }
    between_members_ = false;
    any_member_ = true;
    const int status = inflate(&z, Z_NO_FLUSH);
    if (status == Z_STREAM_END) {
      between_members_ = true;
      (void)inflateReset(&z);
    } else if (status == Z_MEM_ERROR) {
      throw std::bad_alloc();
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      refuse(z.msg != nullptr ? z.msg : "the data is damaged");
    }
  }
  return room - z.avail_out;
}

std::string_view SourceText::advance(std::size_t done) {
  held_.erase(0, done);
  const std::size_t kept = held_.size();
  held_.resize(kept + text_piece);
  std::size_t end = kept;
  while (end < held_.size()) {
    const std::size_t count = bytes_.read(std::as_writable_bytes(std::span(held_).subspan(end)));
    if (count == 0) break;
    end += count;
  }
  held_.resize(end);
  return held_;
}

std::vector<std::byte> read_all(ByteSource& bytes) {
  std::vector<std::byte> all;
  for (std::size_t end = 0;;) {
    if (end == all.size()) all.resize(std::max(all.size() * 2, text_piece));
    const std::size_t count = bytes.read(std::span(all).subspan(end));
    end += count;
    if (count == 0) {
      all.resize(end);
      return all;
    }
  }
}

}  // namespace coppice::io
