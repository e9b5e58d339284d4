# Compiler settings shared by every target of the project: warnings, sanitizers, and the rule that makes answers exact.

add_library(coppice_options INTERFACE)
target_compile_options(coppice_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow
  # No fused multiply-add anywhere: a distance has one value, whatever the instruction set.
  -ffp-contract=off)

if(COPPICE_SANITIZE)
  # Instrumented code takes twice as long to compile at full optimisation and with full debug information, and runs little
  # faster; traces need lines, not variables. Options of the directory come before those of a target, so that tests can
  # ask for less.
  add_compile_options(-O1 -g1)
  target_compile_options(coppice_options INTERFACE -fsanitize=${COPPICE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(coppice_options INTERFACE -fsanitize=${COPPICE_SANITIZE})
  if(COPPICE_SANITIZE MATCHES "undefined")
    # Null pointers are found by the address sanitizer when they are followed; to look at each takes an eighth longer to
    # compile.
    target_compile_options(coppice_options INTERFACE -fno-sanitize-recover=all -fno-sanitize=null,vptr)
  endif()
endif()
