# Files as bytes in the program. Included, it gives coppice_embed(<target> <name> FILES <files>): adds to the target a
# source that defines `const std::string_view coppice::cli::page::<name>`, the files one after another. Run as a script
# (-P, with NAME, FILES and OUTPUT), it writes that source; so a changed file is embedded anew by the next build.

if(CMAKE_SCRIPT_MODE_FILE)
  string(REPLACE "|" ";" FILES "${FILES}")
  set(bytes "")
  foreach(file IN LISTS FILES)
    file(READ "${file}" hex HEX)
    string(APPEND bytes "${hex}")
  endforeach()
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  file(WRITE "${OUTPUT}" "// Generated from the files of cli/page; see cmake/embed.cmake.
#include \"page/assets.hpp\"

namespace coppice::cli::page {
static constexpr char bytes_of_${NAME}[] = {
${bytes}};
const std::string_view ${NAME}(bytes_of_${NAME}, ${size});
}  // namespace coppice::cli::page
")
  return()
endif()

set(COPPICE_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

function(coppice_embed target name)
  cmake_parse_arguments(arg "" "" "FILES" ${ARGN})
  list(TRANSFORM arg_FILES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  string(REPLACE ";" "|" files "${arg_FILES}")
  set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded/${name}.cpp)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} "-DFILES=${files}" -DOUTPUT=${output} -P ${COPPICE_EMBED_SCRIPT}
    DEPENDS ${arg_FILES} ${COPPICE_EMBED_SCRIPT}
    VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
