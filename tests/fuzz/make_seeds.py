#!/usr/bin/env python3
"""Writes a small well-formed file of every kind that the fuzz targets read, from which libFuzzer starts.

Usage: make_seeds.py FOLDER      (FOLDER/<target>/<name>)
"""
import gzip
import struct
import sys
import zlib
from pathlib import Path


def npy(dtype, shape, data, fortran=False):
    header = f"{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def ply(encoding, body):
    return (f"ply\nformat {encoding} 1.0\ncomment c\nelement face 1\nproperty list uchar int i\nelement vertex 2\n"
            "property float x\nproperty double y\nproperty uchar tag\nproperty short z\nend_header\n").encode() + body


def ply_binary(order):
    vertex = struct.pack(order + "fdBh", 1, 2, 3, 4)
    return struct.pack(order + "Bii", 2, 0, 1) + vertex + vertex


def mesh_ply(encoding, body):
    return (f"ply\nformat {encoding} 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
            "element face 1\nproperty list uchar int vertex_indices\nend_header\n").encode() + body


def mesh_ply_binary(order):
    return struct.pack(order + "9fB3i", 0, 0, 0, 1, 0, 0, 1, 1, 0, 3, 0, 1, 2)


def pcd(data, body):
    return (b"# .PCD v0.7\nVERSION 0.7\nFIELDS x y tag z\nSIZE 4 4 2 4\nTYPE F F U F\nCOUNT 1 1 2 1\nWIDTH 2\n"
            b"HEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 2\nDATA " + data + b"\n" + body)


def las(minor):
    head = 375 if minor == 4 else 227
    file = bytearray(head)
    file[0:4] = b"LASF"
    file[24:26] = bytes((1, minor))
    struct.pack_into("<HI", file, 94, head, head)
    struct.pack_into("<BHI", file, 104, 0, 20, 2)
    struct.pack_into("<6d", file, 131, 0.01, 0.01, 0.01, 5, 5, 5)
    if minor == 4:
        struct.pack_into("<Q", file, 247, 2)
    return bytes(file) + struct.pack("<3i8x", 1, 2, 3) * 2


def png(width, height, bits, interlaced, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def archive(scalar, code):
    """An archive whose checksums are all 0."""
    def name(text):
        return struct.pack("<H", len(text)) + text.encode()

    sections = {"ids": struct.pack("<2q", 4, 7), "coordinates": struct.pack(f"<4{code}", 1, 2, 3, 4)}
    values = (name("dimension") + struct.pack("<Bq", 0, 2) + name("next_id") + struct.pack("<Bq", 0, 8)
              + name("periodic_lengths") + struct.pack("<BI2d", 3, 2, 10, float("inf"))
              + name("points") + struct.pack("<Bq", 0, 2)
              + name("scalar") + struct.pack("<BI", 2, len(scalar)) + scalar.encode())
    head = name("kd_tree") + struct.pack("<II", 5, len(sections)) + values
    table_bytes = sum(2 + len(section) + 20 for section in sections)
    header_bytes = len(head) + table_bytes
    end, table, body = 32 + header_bytes, b"", b""
    for section, content in sections.items():
        offset = -(-end // 64) * 64
        table += name(section) + struct.pack("<QQI", offset, len(content), 0)
        body += bytes(offset - end) + content
        end = offset + len(content)
    preamble = b"\x89CPC\r\n\x1a\n" + struct.pack("<IIQII", 1, header_bytes, end, 0, 0)
    return preamble + head + table + body


def seeds():
    points = struct.pack("<6f", 1, 2, 3, 4, 5, 6)
    by_point = struct.pack("<2f2Hf", 1, 2, 7, 8, 3) + struct.pack("<2f2Hf", 4, 5, 7, 8, 6)
    packed = (b"\x13" + struct.pack("<4f2H", 1, 4, 2, 5, 7, 8) + b"\x40\x03" + b"\x07" + struct.pack("<2f", 3, 6))
    atom = "    1  N   ALA A   1      1.000   2.000  -3.500  1.00  0.00           N\n"
    return {
        "text/a.csv": b"id;x;\"y\"\n7;1.5;-2e3 # c\n\n8;+3;.4\n",
        "text/b.csv": b"1,2\r\n3,4\r\n",
        "text/a.xyz": b"1 2 3 red\n4 5 6\n",
        "text/b.xyz": b"2\nLattice=\"5 0 0\" Properties=species:S:1:pos:R:3\nO 1 2 3\nH 4 5 6\n",
        "molecules/a.pdb": f"MODEL        1\nATOM  {atom}HETATM{atom}ENDMDL\nMODEL        2\n".encode(),
        "molecules/cell.pdb": f"CRYST1   40.960   18.650   22.520  90.00  90.77  90.00 P 1 21 1\nMODEL        1\nATOM  {atom}"
                              f"ENDMDL\nMODEL        2\nATOM  {atom}ENDMDL\nEND\n".encode(),
        "molecules/a.xyz": b'1\nLattice="1 0 0 0 1 0 0 0 1" pbc="T T F"\nO 1 2 3\n1\n\nO 4 5 6\n',
        "molecules/a.gro": b"water\n 2\n    1SOL     OW    1   0.126   1.624   1.679  0.1227 -0.0580  0.0434\n"
                           b"    1SOL    HW1    2   0.190-111.661   1.747\n   1.0 1.0 1.0\n",
        "meshes/a.ply": ply("ascii", b"2 0 1\n1 2 3 4\n5 6 7 8\n"),
        "meshes/b.ply": ply("binary_little_endian", ply_binary("<")),
        "meshes/c.ply": ply("binary_big_endian", ply_binary(">")),
        "meshes/a.obj": b"# c\nv 1 2 3\nv 4 5 6 1.0\nvn 0 0 1\nf 1/1 2/1 1/1\n",
        "meshes/faces.obj": b"v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nusemtl wall\nf 1/1 2//2 3/3/3 -1\nf 1 2 \\\n3\n",
        "meshes/faces.obj.gz": gzip.compress(b"v 0 0 0\nv 1 0 0\nv 1 1 0\nf 1 2 3\n", mtime=0),
        "meshes/faces.ply": mesh_ply("ascii", b"0 0 0\n1 0 0\n1 1 0\n3 0 1 2\n"),
        "meshes/little.ply": mesh_ply("binary_little_endian", mesh_ply_binary("<")),
        "meshes/big.ply": mesh_ply("binary_big_endian", mesh_ply_binary(">")),
        "clouds/a.pcd": pcd(b"ascii", b"1 2 7 8 3\n4 5 7 8 6\n"),
        "clouds/b.pcd": pcd(b"binary", by_point),
        "clouds/c.pcd": pcd(b"binary_compressed", struct.pack("<2I", len(packed), 32) + packed),
        "clouds/a.las": las(2),
        "clouds/b.las": las(4),
        "clouds/a.bin": struct.pack("<8f", 1, 2, 3, 0, 4, 5, 6, 0),
        "arrays/a.npy": npy("<f4", (2, 3), points),
        "arrays/b.npy": npy("<u2", (2, 3), struct.pack("<6H", *range(6)), True),
        "arrays/a.fvecs": struct.pack("<i2fi2f", 2, 1, 2, 2, 3, 4),
        "arrays/a.bvecs": struct.pack("<i2Bi2B", 2, 1, 2, 2, 3, 4),
        "images/a.png": png(2, 2, 8, 0, bytes((0, 1, 2, 0, 3, 4))),
        "images/deep.png": png(2, 1, 16, 0, bytes((0, 1, 2, 3, 4))),
        "images/interlaced.png": png(1, 1, 8, 1, bytes((0, 7))),
        "images/a.pgm": b"P5 # c\n2 2\n255\n\x01\x02\x03\x04",
        "images/deep.pgm": b"P5 2 1 65535\n\x01\x02\x03\x04",
        "images/text.pgm": b"P2\n2 2 9\n1 2 3 4\n",
        "images/a.npy": npy("<f4", (2, 3), points),
        "archive/float": archive("float32", "f"),
        "archive/double": archive("float64", "d"),
    }


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    for name, content in seeds().items():
        path = Path(sys.argv[1]) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
