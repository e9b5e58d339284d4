# Toolchain file: 64-bit Arm Linux, cross-compiled by GCC and run by QEMU's user-mode emulation.
#
#   -DCMAKE_TOOLCHAIN_FILE=cmake/aarch64.cmake -DCMAKE_SYSROOT=FOLDER
#
# FOLDER holds the Arm builds of the libraries; tests/portability/make_sysroot.sh makes one, run.sh uses both.

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

# Libraries, headers and packages from the sysroot only; programs that the build runs from this machine only.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# So that ctest runs the programs too.
find_program(COPPICE_EMULATOR NAMES qemu-aarch64-static qemu-aarch64 DOC "Runs aarch64 programs")
if(COPPICE_EMULATOR AND CMAKE_SYSROOT)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${COPPICE_EMULATOR};-L;${CMAKE_SYSROOT})
endif()
