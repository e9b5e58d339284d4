// Meshes from files: what a good file gives in every encoding, how a bad one is refused, and that damage is an error.
#include "coppice/io/mesh_file.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "io/mesh_readers.hpp"
#include "real_data.hpp"
#include "sample_files.hpp"

namespace coppice::io {
namespace {

using Face = std::array<std::uint32_t, 3>;

MeshFile decode(const std::string& name, const std::string& bytes) {
  MemorySource source(std::as_bytes(std::span(bytes)));
  return decode_mesh(name, source);
}

std::string gzip(const std::string& text) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(text.size() + 1000, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  deflateEnd(&z);
  return packed.substr(0, z.total_out);
}

const std::string square =
    "# a square and a corner of it\r\n"
    "mtllib none.mtl\n"
    "v 0 0 0\nv 1 0 0 1.0\nv 1 1 0 0.5 0.5 0.5\n"
    "vt 0 0\nvn 0 0 1\n"
    "f 1 2 5\n"  // refers ahead
    "v 0 1 0\nv 0.5 2 -1e-3\n"
    "usemtl wall\n"
    "f 1/1/1 2//1 3/1 -2 # a comment\n"
    "usemtl roof\nf -5 \\\n -4 -3\nusemtl wall\nf 4 3 5\n";

TEST(MeshFile, ObjHasFansNegativeIndicesAndMaterials) {
  for (const bool packed : {false, true}) {
    const MeshFile file = packed ? decode("a.OBJ.gz", gzip(square)) : decode("a.obj", square);
    EXPECT_EQ(file.format, "obj");
    EXPECT_EQ(file.mesh.vertices, (std::vector<Vec3>{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}, {0.5f, 2, -1e-3f}}));
    EXPECT_EQ(file.mesh.faces, (std::vector<Face>{{0, 1, 4}, {0, 1, 2}, {0, 2, 3}, {0, 1, 2}, {3, 2, 4}}));
    EXPECT_EQ(file.polygons, 4u);
    EXPECT_EQ(file.material_names, (std::vector<std::string>{"wall", "roof", ""}));
    EXPECT_EQ(file.materials, (std::vector<std::uint32_t>{2, 0, 0, 1, 0}));
  }
}

TEST(MeshFile, ObjWithoutMaterialsNamesNone) {
  const MeshFile file = decode("a.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nusemtl late\n");
  EXPECT_TRUE(file.materials.empty());
  EXPECT_TRUE(file.material_names.empty());
}

std::string ply_head(const char* encoding) {
  return std::string("ply\nformat ") + encoding +
         " 1.0\nelement face 2\nproperty uchar tag\nproperty list uchar int vertex_index\nproperty list uchar float "
         "uv\n"
         "element edge 1\nproperty int a\nelement vertex 4\nproperty double x\nproperty float y\nproperty short z\n"
         "element rest 1000\nproperty int a\nend_header\n";
}

std::string ply_binary(bool big) {
  using test::raw;
  std::string body = raw<std::uint8_t>({7, 4}) + raw<std::int32_t>({0, 1, 2, 3}, big) + raw<std::uint8_t>({1}) +
                     raw<float>({0.5f}, big) + raw<std::uint8_t>({7, 3}) + raw<std::int32_t>({3, 1, 0}, big) +
                     raw<std::uint8_t>({0}) + raw<std::int32_t>({9}, big);
  for (const int i : {0, 1, 2, 3})
    body += raw<double>({i + 0.5}, big) + raw<float>({2.0f * static_cast<float>(i)}, big) +
            raw<std::int16_t>({static_cast<std::int16_t>(-i)}, big);
  return body;
}

TEST(MeshFile, PlyInEveryEncoding) {
  const std::string ascii =
      ply_head("ascii") + "7 4 0 1 2 3 1 0.5\n7 3 3 1 0 0\n9\n0.5 0 0\n1.5 2 -1\n2.5 4\n-2 3.5 6 -3\n";
  const std::string little = ply_head("binary_little_endian") + ply_binary(false);
  const std::string big = ply_head("binary_big_endian") + ply_binary(true);
  for (const std::string& bytes : {ascii, little, big}) {
    for (const bool packed : {false, true}) {
      const MeshFile file = packed ? decode("a.ply.gz", gzip(bytes)) : decode("a.ply", bytes);
      EXPECT_EQ(file.format, "ply");
      EXPECT_EQ(file.mesh.vertices, (std::vector<Vec3>{{0.5f, 0, 0}, {1.5f, 2, -1}, {2.5f, 4, -2}, {3.5f, 6, -3}}));
      EXPECT_EQ(file.mesh.faces, (std::vector<Face>{{0, 1, 2}, {0, 2, 3}, {3, 1, 0}}));
      EXPECT_EQ(file.polygons, 2u);
    }
  }
}

template <class Error>
void expect_refused(const std::string& name, const std::string& bytes, const std::string& says) {
  SCOPED_TRACE(name + ": " + says);
  try {
    (void)decode(name, bytes);
    ADD_FAILURE() << "was accepted";
  } catch (const Error& refusal) {
    const std::string what = refusal.what();
    EXPECT_TRUE(what.starts_with(name)) << what;
    EXPECT_NE(what.find(says), std::string::npos) << what;
    EXPECT_EQ(what.find('\n'), std::string::npos) << what;
  }
}

TEST(MeshFile, RefusesBadObjByLine) {
  const std::string corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\n";
  const auto bad = expect_refused<invalid_input>;
  bad("a.obj", corners + "f 1 2 4\n", "a.obj:4: found the vertex 4, expected 1 to 3 or -3 to -1");
  bad("a.obj", corners + "f 1 2 3\nf 1 9 3\nf 1 2 8\n", "a.obj:5: found the vertex 9, expected 1 to 3");
  bad("a.obj", corners + "f 1 -4 3\n", "a.obj:4: found the vertex -4");
  bad("a.obj", corners + "f 0 1 2\n", "a.obj:4: found the vertex 0");
  bad("a.obj", corners + "f 1 2 9999999999\n", "a.obj:4: found the vertex 9999999999");
  bad("a.obj", corners + "f 1 x/2 3\n", "a.obj:4: found 'x/2', expected the number of a vertex");
  bad("a.obj", corners + "f 1.5 2 3\n", "a.obj:4: found '1.5'");
  bad("a.obj", corners + "f 1 2\n", "a.obj:4: found a face of 2 corners, expected at least 3");
  bad("a.obj", corners, "holds no face, only 3 vertices");
  bad("a.obj", "# nothing\n", "holds no vertex");
  bad("a.obj", "v 0 nan 0\n", "a.obj:1: column 3: found 'nan', expected a finite number");
  bad("a.obj", "v 0 1e39 0\n", "a.obj:1: column 3: found '1e39', expected a number in the range of float32");
  bad("a.obj", "v 0 1\n", "a.obj:1: found 3 columns, expected v x y z");
  expect_refused<unsupported>("a.stl", "", "cannot read a mesh from .stl files");
  expect_refused<corrupt_file>("a.obj.gz", corners, "gzip");
  expect_refused<corrupt_file>("a.obj.gz", "", "found an empty file");
  const std::string packed = gzip(square);
  expect_refused<corrupt_file>("a.obj.gz", packed.substr(0, packed.size() / 2), "the file is cut short");
}

TEST(MeshFile, RefusesBadPlyByLineOrRow) {
  const std::string head =
      "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n";
  const std::string faces = "element face 2\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n";
  const auto bad = expect_refused<invalid_input>;
  bad("a.ply", head + "end_header\n0 0 0\n1 0 0\n0 1 0\n", "has no element face");
  bad("a.ply", head + "element face 1\nproperty int a\nend_header\n", "element face lacks the list vertex_indices");
  bad("a.ply", head + "element face 1\nproperty list int float vertex_index\nend_header\n", "expected whole ones");
  bad("a.ply", head + faces + "3 0 1 2\n3 0 1 3\n", "a.ply:14: found the vertex 3, expected 0 to 2");
  bad("a.ply", head + faces + "3 0 1 2\n3 0 -1 2\n", "a.ply:14: found the vertex -1");
  bad("a.ply", head + faces + "2 0 1\n3 0 1 2\n", "a.ply:13: found a face of 2 corners");
  bad("a.ply", head + faces + "3 0 1 2\n", "the file ends in element face 1, expected 2");
  std::string little = ply_head("binary_little_endian") + ply_binary(false);
  const std::size_t first_index = little.find("end_header\n") + 11 + 2;
  little[first_index] = 4;
  bad("a.ply", little, "face 0: found the vertex 4, expected 0 to 3");
  little[first_index] = 0;
  const double huge = 1e300;
  std::memcpy(&little[little.size() - 14], &huge, sizeof huge);
  bad("a.ply", little, "vertex 3: coordinate 0 is 1e+300, beyond the range of float32");
  expect_refused<corrupt_file>("a.ply", little.substr(0, little.size() - 1), "element vertex");
}

TEST(MeshFile, EveryDamageIsATypedError) {
  const std::string ascii =
      "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
      "element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n";
  const std::array<std::pair<std::string, std::string>, 4> files{
      {{"a.obj", square},
       {"a.obj.gz", gzip(square)},
       {"a.ply", ascii},
       {"a.ply", ply_head("binary_big_endian") + ply_binary(true)}}};
  const auto survives = [](const std::string& name, const std::string& bytes) {
    try {
      const MeshFile file = decode(name, bytes);
      for (const Face& face : file.mesh.faces)
        for (const std::uint32_t index : face) ASSERT_LT(index, file.mesh.vertices.size());
    } catch (const error&) {
    }
  };
  for (const auto& [name, good] : files)
    for (std::size_t i = 0; i < good.size(); ++i) {
      survives(name, good.substr(0, i));
      for (const int mask : {0x01, 0x10, 0x80}) {
        std::string bytes = good;
        bytes[i] = static_cast<char>(bytes[i] ^ mask);
        survives(name, bytes);
      }
    }
}

TEST(MeshFile, MissingFileAndFolderAreIoErrors) {
  EXPECT_THROW((void)read_mesh("nowhere/a.obj"), io_error);
  EXPECT_THROW((void)read_mesh("nowhere/a.obj.zip"), unsupported);
  const test::TemporaryFolder folder;
  test::write_file(folder / "a.obj", square);
  EXPECT_EQ(read_mesh(folder / "a.obj").mesh.size(), 5u);
}

TEST(MeshFile, RealMeshes) {
  struct Known {
    const char* path;
    std::size_t vertices;
    std::size_t faces;
  };
  for (const Known& known : {Known{"mesh_sponza/sponza.obj.gz", 153635, 279163},
                             {"mesh_armadillo/armadillo.obj", 43243, 86482},
                             {"mesh_common/stanford-bunny.obj", 35947, 69451},
                             {"mesh_common/spot.obj", 2930, 5856}}) {
    SKIP_WITHOUT(test::real_data(known.path));
    const MeshFile file = read_mesh(test::real_data(known.path));
    EXPECT_EQ(file.mesh.vertices.size(), known.vertices) << known.path;
    EXPECT_EQ(file.mesh.size(), known.faces) << known.path;
  }
}

}  // namespace
}  // namespace coppice::io
