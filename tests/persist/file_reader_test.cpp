// Reading a file piece by piece, and what happens when it is not what it was.
#include "coppice/persist/file_reader.hpp"

#include <array>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/persist/file_bytes.hpp"
#include "temporary_folder.hpp"

namespace coppice::persist {
namespace {

std::string piece(const FileReader& file, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '?');
  file.read(offset, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

TEST(FileReader, PiecesInAnyOrder) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "a", "0123456789");
  const FileReader file(folder / "a");
  EXPECT_EQ(file.size(), 10u);
  EXPECT_EQ(piece(file, 7, 3), "789");
  EXPECT_EQ(piece(file, 0, 10), "0123456789");
  EXPECT_EQ(piece(file, 10, 0), "");
}

TEST(FileReader, AFileThatShrinksIsAnError) {
  const test::TemporaryFolder folder;
  test::write_file(folder / "a", "0123456789");
  const FileReader file(folder / "a");
  std::filesystem::resize_file(folder / "a", 4);
  EXPECT_EQ(piece(file, 0, 4), "0123");
  try {
    (void)piece(file, 0, 10);
    FAIL() << "was read";
  } catch (const io_error& failure) {
    EXPECT_NE(std::string(failure.what()).find("shrank while it was read: 4 of 10 bytes"), std::string::npos);
  }
}

TEST(FileReader, WhatIsNoFileIsRefused) {
  const test::TemporaryFolder folder;
  EXPECT_THROW(FileReader(folder / "missing"), io_error);
  EXPECT_THROW(FileReader(folder.path()), io_error);
  EXPECT_THROW(FileReader("/dev/null"), io_error);
  EXPECT_THROW(FileBytes(folder / "missing"), io_error);
  test::write_file(folder / "empty", "");
  EXPECT_EQ(FileReader(folder / "empty").size(), 0u);
  EXPECT_TRUE(FileBytes(folder / "empty").bytes().empty());
}

}  // namespace
}  // namespace coppice::persist
