option(LATHE_BUILD_TESTS "Build the tests" ON)
option(LATHE_BUILD_BENCHMARKS "Build the benchmarks" ON)
# A file alone is compiled faster after a change to it; all of them together.
option(LATHE_UNITY "Compile the files of a library several at a time" ON)
option(LATHE_MPI "Build training by several processes where MPI is found" ON)
option(LATHE_CUDA "Build the CUDA backend where the CUDA Toolkit is found" ON)
set(LATHE_CUDA_ARCHITECTURES 90 CACHE STRING
    "GPU architectures to compile kernels for, such as 80\\;90\\;100")
set(LATHE_SANITIZE "" CACHE STRING
    "Sanitizers to build with: empty, address+undefined, thread or fuzzer")

# Tests that compare with stock Keras run in it; without one they are skipped.
set(LATHE_PYTHON "" CACHE FILEPATH "Python interpreter that has Keras")
if(NOT LATHE_PYTHON AND EXISTS ${CMAKE_SOURCE_DIR}/.venv/bin/python)
  set(LATHE_PYTHON ${CMAKE_SOURCE_DIR}/.venv/bin/python)
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
endif()

# What every target of ours is compiled with. nvcc has its own words for it, and
# what it makes for the host is not written with -Wconversion in mind.
# Who uses an installed lathe chooses warnings himself.
add_library(lathe_flags INTERFACE)
target_compile_features(lathe_flags INTERFACE cxx_std_20)
target_include_directories(
  lathe_flags INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>
                        $<INSTALL_INTERFACE:include/lathe>)
target_compile_options(
  lathe_flags
  INTERFACE
    "$<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:C,CXX>:-Wall;-Wextra;-Wshadow;-Wconversion;-Wno-sign-conversion;-Wno-missing-field-initializers;-Werror>>"
    "$<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings;--expt-relaxed-constexpr;-Xptxas=-warn-spills,-Werror;-Xcompiler=-Wall,-Wextra,-Wno-missing-field-initializers>>"
)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlaps in std::string's operator+ that are not there
  # (GCC bug 105651).
  # Collecting garbage is a sixth of the time of compiling; without, a file
  # takes up to 800 MB of memory.
  target_compile_options(
    lathe_flags
    INTERFACE
      "$<BUILD_INTERFACE:$<$<COMPILE_LANGUAGE:CXX>:-Wno-restrict;--param=ggc-min-heapsize=524288>>"
  )
endif()
if(LATHE_SANITIZE STREQUAL "address+undefined")
  target_compile_options(
    lathe_flags INTERFACE -fsanitize=address,undefined
                          -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lathe_flags INTERFACE -fsanitize=address,undefined)
elseif(LATHE_SANITIZE STREQUAL "thread")
  target_compile_options(lathe_flags INTERFACE -fsanitize=thread
                                               -fno-omit-frame-pointer)
  target_link_options(lathe_flags INTERFACE -fsanitize=thread)
elseif(LATHE_SANITIZE STREQUAL "fuzzer")
  # Clang alone has it; the others come with it.
  target_compile_options(
    lathe_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                          -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lathe_flags INTERFACE -fsanitize=address,undefined)
elseif(LATHE_SANITIZE)
  message(FATAL_ERROR "LATHE_SANITIZE is '${LATHE_SANITIZE}'; it can be empty, "
                      "address+undefined, thread or fuzzer")
endif()
if(LATHE_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # The checks' own jumps hide from these what was set; the build without
  # sanitizers keeps them.
  target_compile_options(lathe_flags INTERFACE -Wno-maybe-uninitialized
                                               -Wno-array-bounds)
endif()

# lathe_library(NAME [OBJECT] SOURCES ... LINK ... PRIVATE_LINK ... ALONE ...): one
# floor, or with OBJECT a part of one.
# Most of the time of compiling goes into headers that files share, so they are
# compiled some at a time, but for those ALONE that include themselves.
function(lathe_library name)
  cmake_parse_arguments(ARG "OBJECT" "" "SOURCES;LINK;PRIVATE_LINK;ALONE"
                        ${ARGN})
  set(kind STATIC)
  if(ARG_OBJECT)
    set(kind OBJECT)
  endif()
  add_library(${name} ${kind} ${ARG_SOURCES} ${ARG_ALONE})
  target_link_libraries(
    ${name}
    PUBLIC lathe_flags ${ARG_LINK}
    PRIVATE ${ARG_PRIVATE_LINK})
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${LATHE_UNITY}
                                           UNITY_BUILD_BATCH_SIZE 7)
  set_source_files_properties(
    ${ARG_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()
