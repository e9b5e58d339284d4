// .npz archives, read back here by their own structure: local headers, directory, checksums, in both zip forms.
// That numpy.load opens them is a property of the layout that these tests pin down.
#include "coppice/io/npz.hpp"

#include "coppice/errors.hpp"
#include "coppice/io/point_file.hpp"
#include "coppice/persist/byte_order.hpp"
#include "coppice/persist/checksum.hpp"
#include "sample_files.hpp"

namespace coppice::io {
namespace {

using persist::load_little;

template <class T>
T number_at(const std::string& bytes, std::size_t offset) {
  if (offset + sizeof(T) > bytes.size()) throw std::out_of_range("number_at");
  return load_little<T>(persist::as_bytes(std::string_view(bytes)).data() + offset);
}

/// The entries of a zip archive found through its directory: name and content.
std::vector<std::pair<std::string, std::string>> unzip(const std::string& bytes) {
  std::size_t end = bytes.size() - 22;
  EXPECT_EQ(number_at<std::uint32_t>(bytes, end), 0x06054b50u);
  std::size_t count = number_at<std::uint16_t>(bytes, end + 10);
  std::size_t directory = number_at<std::uint32_t>(bytes, end + 16);
  if (directory == 0xffffffffu) {
    EXPECT_EQ(number_at<std::uint32_t>(bytes, end - 20), 0x07064b50u);
    end = number_at<std::uint64_t>(bytes, end - 20 + 8);
    EXPECT_EQ(number_at<std::uint32_t>(bytes, end), 0x06064b50u);
    count = number_at<std::uint64_t>(bytes, end + 32);
    directory = number_at<std::uint64_t>(bytes, end + 48);
  }
  std::vector<std::pair<std::string, std::string>> entries;
  for (std::size_t at = directory; entries.size() < count;) {
    EXPECT_EQ(number_at<std::uint32_t>(bytes, at), 0x02014b50u);
    const std::size_t name_length = number_at<std::uint16_t>(bytes, at + 28);
    const std::size_t extra_length = number_at<std::uint16_t>(bytes, at + 30);
    std::size_t size = number_at<std::uint32_t>(bytes, at + 24);
    std::size_t offset = number_at<std::uint32_t>(bytes, at + 42);
    std::size_t extra = at + 46 + name_length + 4;
    if (size == 0xffffffffu) {
      size = number_at<std::uint64_t>(bytes, extra);
      extra += 16;
    }
    if (offset == 0xffffffffu) offset = number_at<std::uint64_t>(bytes, extra);
    EXPECT_EQ(number_at<std::uint32_t>(bytes, offset), 0x04034b50u);
    const std::size_t data =
        offset + 30 + number_at<std::uint16_t>(bytes, offset + 26) + number_at<std::uint16_t>(bytes, offset + 28);
    const std::string name = bytes.substr(at + 46, name_length);
    EXPECT_EQ(bytes.substr(offset + 30, name_length), name);
    const std::string content = bytes.substr(data, size);
    EXPECT_EQ(persist::crc32(persist::as_bytes(content)), number_at<std::uint32_t>(bytes, at + 16));
    EXPECT_EQ(number_at<std::uint32_t>(bytes, offset + 14), number_at<std::uint32_t>(bytes, at + 16));
    entries.emplace_back(name, content);
    at += 46 + name_length + extra_length;
  }
  return entries;
}

void write_sample(const std::filesystem::path& path, std::uint64_t zip64_from = 0xffffffffu) {
  NpzWriter writer(path, zip64_from);
  writer.add("ids", {std::vector<std::int64_t>{1, 2, 3, -1, 5, 6}, {3, 2}});
  writer.add("distances", {std::vector<double>{0.5, 1.5}, {2}});
  writer.add("points", {std::vector<float>{1, 2, 3, 4}, {2, 2}});
  writer.add("shift", {std::vector<std::int32_t>{-1, 0, 1}, {1, 3}});
  writer.add("sse", {std::vector<double>{0.25}, std::vector<std::size_t>{}});
  writer.add("none", std::vector<std::int64_t>{});
  writer.close();
}

TEST(Npz, EntriesAreNpyFiles) {
  const test::TemporaryFolder folder;
  for (const std::uint64_t zip64_from : {std::uint64_t{0xffffffff}, std::uint64_t{200}, std::uint64_t{0}}) {
    write_sample(folder / "a.npz", zip64_from);
    EXPECT_EQ(folder.entries(), 1u);
    const auto entries = unzip(test::file_content(folder / "a.npz"));
    ASSERT_EQ(entries.size(), 6u);
    EXPECT_EQ(entries[0].first, "ids.npy");
    EXPECT_NE(entries[0].second.find("'descr': '<i8', 'fortran_order': False, 'shape': (3, 2)"), std::string::npos);
    EXPECT_EQ(entries[0].second.size(), 128u + 6 * 8);
    EXPECT_NE(entries[1].second.find("'shape': (2,)"), std::string::npos);
    EXPECT_EQ(test::floats(test::read_as("points.npy", entries[2].second)), (std::vector<float>{1, 2, 3, 4}));
    EXPECT_NE(entries[3].second.find("'descr': '<i4'"), std::string::npos);
    EXPECT_NE(entries[4].second.find("'shape': ()"), std::string::npos);
    EXPECT_NE(entries[5].second.find("'shape': (0,)"), std::string::npos);
  }
}

TEST(Npz, TheSameArraysGiveTheSameBytes) {
  const test::TemporaryFolder folder;
  write_sample(folder / "a.npz");
  write_sample(folder / "b.npz");
  EXPECT_EQ(test::file_content(folder / "a.npz"), test::file_content(folder / "b.npz"));
}

TEST(Npz, UnclosedLeavesNothing) {
  const test::TemporaryFolder folder;
  {
    NpzWriter writer(folder / "a.npz");
    writer.add("x", std::vector<double>{1});
  }
  EXPECT_EQ(folder.entries(), 0u);
}

TEST(Npz, Refusals) {
  const test::TemporaryFolder folder;
  NpzWriter writer(folder / "a.npz");
  const std::vector<double> three{1, 2, 3};
  writer.add("x", three);
  EXPECT_THROW(writer.add("x", three), invalid_input);
  EXPECT_THROW(writer.add("", three), invalid_input);
  EXPECT_THROW(writer.add("y", {three, {2, 2}}), invalid_input);
  EXPECT_THROW(writer.add("y", {three, {}}), invalid_input);
  EXPECT_THROW(writer.add("y", {three, std::vector<std::size_t>(30000, 1)}), invalid_input);
  writer.close();
  EXPECT_EQ(unzip(test::file_content(folder / "a.npz")).size(), 1u);
  EXPECT_THROW(NpzWriter(folder / "missing/a.npz"), io_error);
  EXPECT_THROW(write_npy(folder / "missing/a.npy", three), io_error);
}

}  // namespace
}  // namespace coppice::io
