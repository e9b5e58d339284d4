# What `cmake --install` and `cpack` put where: library, headers, CMake and pkg-config packages, the tool with its man
# page and completion. Included by a top-level build, or with COPPICE_INSTALL=ON. Nothing installed names the build or
# the prefix, so the tree may be moved as a whole.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The library. CMAKE_INSTALL_INCLUDEDIR and the others are relative unless somebody set them otherwise.
install(TARGETS coppice EXPORT coppiceTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/coppice DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# find_package(coppice): the exported target has the name of the in-tree alias. The archive leaves these packages to
# the program that links it; the shared library has them inside, and its users need none.
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/coppice)
set(dependencies "")
set(pc_private "")
if(NOT BUILD_SHARED_LIBS)
  set(pc_private "Requires.private: tbb fmt zlib libpng\nLibs.private: -pthread\n")
  foreach(package Threads TBB fmt ZLIB PNG)
    string(APPEND dependencies "find_dependency(${package})\n")
  endforeach()
endif()
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/coppiceConfig.cmake.in
  ${PROJECT_BINARY_DIR}/coppiceConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/coppiceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/coppiceConfig.cmake ${PROJECT_BINARY_DIR}/coppiceConfigVersion.cmake
  DESTINATION ${package_dir})
install(EXPORT coppiceTargets NAMESPACE coppice:: DESTINATION ${package_dir})

# pkg-config. Paths start at the .pc file itself; absolute install folders are taken as they are.
set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE "${pc_dir}")
  set(pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  file(RELATIVE_PATH pc_prefix /${pc_dir} /)
  string(REGEX REPLACE "/$" "" pc_prefix ${pc_prefix})
  string(PREPEND pc_prefix "\${pcfiledir}/")
endif()
foreach(folder LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${folder}}")
    set(pc_${folder} ${CMAKE_INSTALL_${folder}})
  else()
    set(pc_${folder} "\${prefix}/${CMAKE_INSTALL_${folder}}")
  endif()
endforeach()
configure_file(${PROJECT_SOURCE_DIR}/cmake/coppice.pc.in ${PROJECT_BINARY_DIR}/coppice.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/coppice.pc DESTINATION ${pc_dir})

# The tool. It finds the shared library beside itself, wherever the tree was moved.
if(TARGET coppice_tool)
  if(BUILD_SHARED_LIBS)
    file(RELATIVE_PATH library_from_tool ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
    set_target_properties(coppice_tool PROPERTIES INSTALL_RPATH "$ORIGIN/${library_from_tool}")
  endif()
  install(TARGETS coppice_tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(FILES ${PROJECT_SOURCE_DIR}/docs/man/coppice.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${PROJECT_SOURCE_DIR}/completions/coppice.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME coppice)
endif()

# `cpack -G DEB` (or TGZ) in a finished build: one package with everything above.
if(PROJECT_IS_TOP_LEVEL)
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_VENDOR "Coppice developers")
  set(CPACK_PACKAGE_CONTACT "Coppice developers")
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
  set(CPACK_PACKAGE_DESCRIPTION "Exact k nearest, radius and box searches over points that are inserted, erased and \
moved: a C++20 library with its headers, and the command-line tool coppice.")
  set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_STRIP_FILES ON)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION science)
  set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
  if(NOT BUILD_SHARED_LIBS)
    set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libtbb-dev, libfmt-dev, zlib1g-dev, libpng-dev")
  endif()
  find_program(COPPICE_DPKG_SHLIBDEPS dpkg-shlibdeps DOC "Finds the libraries that the Debian package depends on")
  mark_as_advanced(COPPICE_DPKG_SHLIBDEPS)
  if(COPPICE_DPKG_SHLIBDEPS)
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
    set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/src)
    set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ${BUILD_SHARED_LIBS})
  endif()
  include(CPack)
endif()
