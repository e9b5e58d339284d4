// Grey images: PNG, PGM and .npy written here byte by byte, their windows, and refusals that say what was found.
#include "coppice/io/image.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <random>

#include "coppice/errors.hpp"
#include "coppice/persist/byte_order.hpp"
#include "coppice/persist/checksum.hpp"
#include "io/image_readers.hpp"
#include "real_data.hpp"
#include "sample_files.hpp"

namespace coppice::io {
namespace {

using test::TemporaryFolder;
using test::write_file;

void append_big(std::string& bytes, std::uint32_t value, int size = 4) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift & 0xff));
}

std::string chunk(std::string_view name, std::string_view content) {
  std::string bytes;
  append_big(bytes, static_cast<std::uint32_t>(content.size()));
  const std::string body = std::string(name) + std::string(content);
  bytes += body;
  append_big(bytes, persist::crc32(persist::as_bytes(body)));
  return bytes;
}

/// A zlib stream of one stored block.
std::string stored(const std::string& content) {
  std::string bytes = "\x78\x01\x01";
  persist::append_little<std::uint16_t>(bytes, static_cast<std::uint16_t>(content.size()));
  persist::append_little<std::uint16_t>(bytes, static_cast<std::uint16_t>(~content.size()));
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const char c : content) {
    a = (a + static_cast<unsigned char>(c)) % 65521;
    b = (b + a) % 65521;
  }
  append_big(bytes += content, b << 16 | a);
  return bytes;
}

struct Picture {
  std::uint32_t width = 5;
  std::uint32_t height = 4;
  int depth = 8;
  int color = 0;
  bool interlaced = false;
  std::uint32_t seed = 1;

  [[nodiscard]] std::vector<std::uint32_t> values() const {
    std::mt19937 engine(seed);
    std::vector<std::uint32_t> made(width * height);
    for (auto& value : made) value = static_cast<std::uint32_t>(engine()) & ((1u << depth) - 1);
    return made;
  }
  [[nodiscard]] std::string png(std::string_view extra = {}) const {
    static constexpr int channels[] = {1, 0, 3, 1, 2, 0, 4};
    const auto pixels = values();
    std::string rows;
    const auto pass = [&](std::uint32_t x, std::uint32_t y, std::uint32_t dx, std::uint32_t dy) {
      if (x >= width) return;
      for (; y < height; y += dy) {
        rows.push_back(0);  // no filter
        if (depth < 8) {
          rows.append((width * static_cast<std::uint32_t>(depth) + 7) / 8, '\0');
          continue;
        }
        for (std::uint32_t at = x; at < width; at += dx)
          for (int channel = 0; channel < channels[color]; ++channel)
            append_big(rows, pixels[y * width + at], depth / 8);
      }
    };
    if (interlaced)
      for (const auto& p : std::array<std::array<std::uint32_t, 4>, 7>{
               {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}})
        pass(p[0], p[1], p[2], p[3]);
    else
      pass(0, 0, 1, 1);
    std::string head;
    append_big(head, width);
    append_big(head, height);
    for (const int byte : {depth, color, 0, 0, interlaced ? 1 : 0}) head.push_back(static_cast<char>(byte));
    return "\x89PNG\r\n\x1a\n" + chunk("IHDR", head) + std::string(extra) +
           (color == 3 ? chunk("PLTE", std::string(768, '\1')) : "") + chunk("IDAT", stored(rows)) + chunk("IEND", "");
  }
  [[nodiscard]] std::string pgm(bool text) const {
    std::string bytes = (text ? "P2 # a comment\n" : "P5\n") + std::to_string(width) + " # and another\n" +
                        std::to_string(height) + "\n" + std::to_string((1u << depth) - 1) + "\n";
    for (const std::uint32_t value : values())
      if (text)
        bytes += std::to_string(value) + " ";
      else
        append_big(bytes, value, depth / 8);
    return bytes;
  }
};

Image decode(const std::string& name, const std::string& bytes) {
  return decode_image(name, std::as_bytes(std::span(bytes)));
}

void expect_picture(const Image& image, const Picture& picture, const std::string& format) {
  EXPECT_EQ(image.format, format);
  EXPECT_EQ(image.width, picture.width);
  EXPECT_EQ(image.height, picture.height);
  const auto values = picture.values();
  EXPECT_EQ(std::get<std::vector<float>>(image.pixels), std::vector<float>(values.begin(), values.end()));
}

TEST(Images, OfPngAndPgmKeepTheirNumbers) {
  for (const int depth : {8, 16})
    for (const std::uint32_t width : {1u, 2u, 5u, 17u})
      for (const std::uint32_t height : {1u, 3u, 9u}) {
        Picture picture{width, height, depth};
        expect_picture(decode("a.pgm", picture.pgm(false)), picture, "pgm");
        expect_picture(decode("a.PNM", picture.pgm(true)), picture, "pgm");
        expect_picture(decode("a.png", picture.png()), picture, "png");
        std::string gamma;  // must change nothing
        append_big(gamma, 45455);
        expect_picture(decode("a.png", picture.png(chunk("gAMA", gamma))), picture, "png");
        picture.interlaced = true;
        expect_picture(decode("a.png", picture.png()), picture, "png");
      }
}

std::string npy(const std::string& dtype, const std::string& shape, const std::string& body, bool fortran = false) {
  std::string header =
      "{'descr': '" + dtype + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }\n";
  std::string bytes = "\x93NUMPY\x01";
  bytes.push_back('\0');
  persist::append_little<std::uint16_t>(bytes, static_cast<std::uint16_t>(header.size()));
  return bytes + header + body;
}

template <class Stored, class Scalar>
void expect_npy(const std::string& dtype) {
  const std::vector<Stored> numbers{0, 1, 2, 3, 100, 101};
  const std::string body(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(Stored));
  const Image rows = decode("a.npy", npy(dtype, "(2, 3)", body));
  EXPECT_EQ(std::get<std::vector<Scalar>>(rows.pixels), (std::vector<Scalar>{0, 1, 2, 3, 100, 101}));
  EXPECT_EQ(rows.height, 2u);
  EXPECT_EQ(rows.width, 3u);
  const Image columns = decode("a.npy", npy(dtype, "(2, 3)", body, true));
  EXPECT_EQ(std::get<std::vector<Scalar>>(columns.pixels), (std::vector<Scalar>{0, 2, 100, 1, 3, 101}));
}

TEST(Images, OfNpyKeepTheirNumbers) {
  expect_npy<std::uint8_t, float>("|u1");
  expect_npy<std::int16_t, float>("<i2");
  expect_npy<std::uint16_t, float>("<u2");
  expect_npy<std::int32_t, double>("<i4");
  expect_npy<float, float>("<f4");
  expect_npy<double, double>("<f8");
}

TEST(Images, PatchesAreAllWindowsRowAfterRow) {
  Image image{3, 4, std::vector<float>{0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23}, "npy"};
  const auto two = std::get<Points<float>>(image_patches(image, 2));
  EXPECT_EQ(two.dimension, 4);
  EXPECT_EQ(two.size(), 6u);
  EXPECT_EQ(two.coordinates, (std::vector<float>{0,  1,  10, 11, 1,  2,  11, 12, 2,  3,  12, 13,
                                                 10, 11, 20, 21, 11, 12, 21, 22, 12, 13, 22, 23}));
  const auto one = std::get<Points<float>>(image_patches(image, 1));
  EXPECT_EQ(one.coordinates, std::get<std::vector<float>>(image.pixels));
  EXPECT_EQ(std::get<Points<float>>(image_patches(image, 3)).size(), 2u);
  image.pixels = std::vector<double>(12, 0.5);
  EXPECT_EQ(std::get<Points<double>>(image_patches(image, 3)).coordinates, std::vector<double>(18, 0.5));
  for (const std::size_t edge : {0u, 4u, 1000000u}) EXPECT_THROW((void)image_patches(image, edge), invalid_input);
}

/// The message of the refusal; it must name the file and be of the type told.
template <class Error>
void expect_refusal(const std::string& name, const std::string& bytes, const std::string& found) {
  const TemporaryFolder folder;
  write_file(folder / name, bytes);
  try {
    (void)read_image(folder / name);
    ADD_FAILURE() << name << " was accepted, expected: " << found;
  } catch (const Error& refusal) {
    const std::string message = refusal.what();
    EXPECT_TRUE(message.starts_with((folder / name).string() + ":")) << message;
    EXPECT_NE(message.find(found), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }
}

TEST(Images, ThatAreNotGreyAreRefused) {
  expect_refusal<invalid_input>("a.png", Picture{.color = 2}.png(), "colour image (RGB)");
  expect_refusal<invalid_input>("a.png", Picture{.color = 6}.png(), "RGBA");
  expect_refusal<invalid_input>("a.png", Picture{.color = 4}.png(), "alpha");
  expect_refusal<invalid_input>("a.png", Picture{.color = 3}.png(), "palette");
  expect_refusal<invalid_input>("a.png", Picture{.depth = 4}.png(), "4 bits");
  expect_refusal<invalid_input>("a.png", Picture{}.png(chunk("tRNS", std::string("\0\1", 2))), "transparent");
  expect_refusal<invalid_input>("a.pgm", "P6 1 1 255\nabc", "colour image (P6)");
  expect_refusal<invalid_input>("a.pgm", "P4 8 1\n\1", "P4");
  expect_refusal<invalid_input>("a.npy", npy("|u1", "(2, 2, 3)", std::string(12, '\1')), "(2, 2, 3)");
  expect_refusal<invalid_input>("a.npy", npy("|u1", "(4,)", "abcd"), "(4,)");
  expect_refusal<invalid_input>("a.npy", npy("|u1", "(0, 4)", ""), "(0, 4)");
  expect_refusal<invalid_input>("a.npy", npy("<i8", "(1, 1)", std::string(8, '\1')), "<i8");
  expect_refusal<invalid_input>("a.npy", npy("<f4", "(1, 2)", std::string("\0\0\0\0\0\0\xc0\x7f", 8)),
                                "coordinate 1 is nan");
  expect_refusal<invalid_input>("a.pgm", "P5 0 4 255\n", "0 x 4");
  expect_refusal<unsupported>("a.jpg", "", ".jpg");
  EXPECT_THROW((void)read_image("/nowhere/a.png"), io_error);
}

TEST(Images, ThatAreDamagedAreRefused) {
  expect_refusal<corrupt_file>("a.png", "P5 1 1 255\na", "not a PNG");
  expect_refusal<corrupt_file>("a.pgm", Picture{}.png(), "neither P5 nor P2");
  expect_refusal<corrupt_file>("a.pgm", "P5 2 2 255\nabc", "3 bytes");
  expect_refusal<corrupt_file>("a.pgm", "P5 2 2 255\nabcde", "5 bytes");
  expect_refusal<corrupt_file>("a.pgm", "P5 2 2 70000\nabcd", "at most 65535");
  expect_refusal<corrupt_file>("a.pgm", "P5 2 2 0\nabcd", "found 0");
  expect_refusal<corrupt_file>("a.pgm", "P5 1 1 100\nz", "found 122");
  expect_refusal<corrupt_file>("a.pgm", "P2 2 1 255\n1 x", "whole number");
  expect_refusal<corrupt_file>("a.pgm", "P2 2 1 255\n1 2 3", "more than");
  expect_refusal<corrupt_file>("a.pgm", "P2 2 1 255\n12  ", "ends here");
  expect_refusal<corrupt_file>("a.pgm", "P2 2000000000 2000000000 255\n1 2 3", "2000000000 x 2000000000");
  expect_refusal<corrupt_file>("a.npy", npy("<f4", "(2000000, 2000000)", "abcd"), "4 bytes");
  const std::string good = Picture{}.png();
  expect_refusal<corrupt_file>("a.png", good.substr(0, good.size() - 1), "ends too early");
  // A small file that promises four gigapixels.
  std::string head;
  for (const std::uint32_t edge : {65535u, 65535u}) append_big(head, edge);
  head += std::string("\10\0\0\0\0", 5);
  expect_refusal<corrupt_file>(
      "a.png", "\x89PNG\r\n\x1a\n" + chunk("IHDR", head) + chunk("IDAT", stored("")) + chunk("IEND", ""),
      "too few for 65535 x 65535");
}

TEST(Images, SurviveEveryTruncationAndChangedByte) {
  const std::pair<std::string, std::string> good[] = {{"a.png", Picture{}.png()},
                                                      {"a.png", Picture{.depth = 16, .interlaced = true}.png()},
                                                      {"a.pgm", Picture{}.pgm(false)},
                                                      {"a.pgm", Picture{.depth = 16}.pgm(true)},
                                                      {"a.npy", npy("|u1", "(2, 3)", "abcdef")}};
  for (const auto& [name, bytes] : good) {
    const auto survives = [&name = name](const std::string& damaged) {
      try {
        (void)decode(name, damaged);
        return true;
      } catch (const error&) {
        return false;
      }
    };
    ASSERT_TRUE(survives(bytes));
    for (std::size_t length = 0; length < bytes.size(); ++length)
      if (survives(bytes.substr(0, length))) {
        EXPECT_EQ(name, "a.pgm") << length;  // a blank may be missing behind the last number
      }
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (const int bits : {1, 0x10, 0x80, 0xff}) {
        std::string changed = bytes;
        changed[at] = static_cast<char>(changed[at] ^ bits);
        (void)survives(changed);
      }
  }
}

TEST(Images, RealOnes) {
  for (const char* const name : {"brick", "camera", "grass", "gravel"}) {
    const auto png = test::real_data("img_skimage/" + std::string(name) + ".png");
    SKIP_WITHOUT(png);
    const Image image = read_image(png);
    const Image same = read_image(test::real_data("img_skimage/" + std::string(name) + ".u8.npy"));
    EXPECT_EQ(image.width, 512u);
    EXPECT_EQ(image.pixels, same.pixels) << name;
  }
}

}  // namespace
}  // namespace coppice::io
