# Everything comes from Debian 12; scripts/setup installs it.
find_package(OpenMP REQUIRED COMPONENTS CXX)
# Debian's package configuration of oneDNN wants the OpenCL headers, which
# nothing here uses.
find_library(DNNL_LIBRARY dnnl REQUIRED)
find_path(DNNL_INCLUDE_DIR dnnl.h REQUIRED)
add_library(DNNL::dnnl UNKNOWN IMPORTED)
set_target_properties(
  DNNL::dnnl PROPERTIES IMPORTED_LOCATION ${DNNL_LIBRARY}
                        INTERFACE_INCLUDE_DIRECTORIES ${DNNL_INCLUDE_DIR})
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
pkg_check_modules(highway REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET libturbojpeg)
pkg_check_modules(deflate REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(zip REQUIRED IMPORTED_TARGET libzip)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(hdf5 REQUIRED IMPORTED_TARGET hdf5)
find_path(STB_INCLUDE_DIR stb/stb_image.h REQUIRED)

if(LATHE_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(LATHE_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

# Sanitizers and the CUDA runtime don't go together.
find_package(CUDAToolkit QUIET)
set(LATHE_HAS_CUDA OFF)
if(LATHE_CUDA AND CUDAToolkit_NVCC_EXECUTABLE AND NOT LATHE_SANITIZE)
  set(LATHE_HAS_CUDA ON)
  set(CMAKE_CUDA_COMPILER ${CUDAToolkit_NVCC_EXECUTABLE})
  set(CMAKE_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER})
  set(CMAKE_CUDA_ARCHITECTURES ${LATHE_CUDA_ARCHITECTURES})
  enable_language(CUDA)
  # CMake 3.25 doesn't know how to ask nvcc for it.
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
  endif()
  message(STATUS "CUDA Toolkit ${CUDAToolkit_VERSION}: kernels for "
                 "${LATHE_CUDA_ARCHITECTURES}")
  find_path(CUDNN_INCLUDE_DIR cudnn_graph.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
  find_path(CUBLASLT_INCLUDE_DIR cublasLt.h HINTS ${CUDAToolkit_INCLUDE_DIRS})
else()
  message(STATUS "Without CUDA: there is no toolkit, LATHE_CUDA is off, or a "
                 "sanitizer is on")
endif()
foreach(library CUDNN CUBLASLT)
  set(LATHE_HAS_${library} OFF)
  if(LATHE_HAS_CUDA AND ${library}_INCLUDE_DIR)
    set(LATHE_HAS_${library} ON)
  elseif(LATHE_HAS_CUDA)
    message(STATUS "Without ${library}: its headers are not there")
  endif()
endforeach()
