# Compiler settings shared by every target of the project: warnings, sanitizers, and the rule that makes answers exact.

add_library(coppice_options INTERFACE)
target_compile_options(coppice_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow
  # No fused multiply-add anywhere: a distance has one value, whatever the instruction set.
  -ffp-contract=off)

if(COPPICE_SANITIZE)
  target_compile_options(coppice_options INTERFACE -fsanitize=${COPPICE_SANITIZE} -fno-omit-frame-pointer -g)
  target_link_options(coppice_options INTERFACE -fsanitize=${COPPICE_SANITIZE})
  if(COPPICE_SANITIZE MATCHES "undefined")
    target_compile_options(coppice_options INTERFACE -fno-sanitize-recover=all)
  endif()
endif()
