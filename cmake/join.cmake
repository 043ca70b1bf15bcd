# lathe_join(TARGET EXTENSION COUNT FILES...): files of TARGET that are compiled
# COUNT at a time where CMake joins none: kernels of CUDA, whose headers nvcc
# reads three times, and those written with Highway, which are included once more
# for each kind of CPU.
function(lathe_join target extension count)
  target_sources(${target} PRIVATE ${ARGN})
  if(NOT LATHE_UNITY)
    return()
  endif()
  set_source_files_properties(${ARGN} PROPERTIES HEADER_FILE_ONLY ON)
  set(number 0)
  while(ARGN)
    math(EXPR number "${number} + 1")
    set(joined
        ${CMAKE_CURRENT_BINARY_DIR}/joined/kernels_${number}.${extension})
    list(SUBLIST ARGN 0 ${count} files)
    list(REMOVE_ITEM ARGN ${files})
    list(TRANSFORM files REPLACE ".+"
                         "#include \"${CMAKE_CURRENT_SOURCE_DIR}/\\0\"\n")
    list(JOIN files "" content)
    if(extension STREQUAL "cpp")
      # The files name themselves as what is included again.
      set(again "#undef HWY_TARGET_INCLUDE\n#define HWY_TARGET_INCLUDE \
\"${joined}\"\n")
      string(CONCAT content "${again}#include <hwy/foreach_target.h>\n"
                            "${content}${again}")
    endif()
    file(CONFIGURE OUTPUT ${joined} CONTENT "${content}" @ONLY)
    target_sources(${target} PRIVATE ${joined})
    set_source_files_properties(${joined} PROPERTIES SKIP_UNITY_BUILD_INCLUSION
                                                     ON)
    if(LATHE_SANITIZE STREQUAL "fuzzer")
      # No file of a stranger's comes there, and it would take an hour.
      set_source_files_properties(
        ${joined}
        PROPERTIES COMPILE_OPTIONS -fno-sanitize=all COMPILE_DEFINITIONS
                   HWY_COMPILE_ONLY_STATIC)
    endif()
  endwhile()
endfunction()
