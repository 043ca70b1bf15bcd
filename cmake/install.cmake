# What `cmake --install` puts where: the programs (component programs), the
# libraries and headers that find_package(lathe) finds (development), and what lets
# several processes train together (mpi). cpack makes a Debian package of each.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(
  TARGETS train_segmentation train_classifier predict evaluate augment_preview
          export_onnx export_weights lathe_info
  RUNTIME COMPONENT programs)
if(TARGET lathe_mpi)
  # The programs look for it beside themselves.
  install(TARGETS lathe_mpi LIBRARY DESTINATION ${CMAKE_INSTALL_BINDIR}
                                    COMPONENT mpi)
endif()

set(floors core cuda layers augment models train)
list(TRANSFORM floors PREPEND lathe_ OUTPUT_VARIABLE libraries)
foreach(name flags ${floors})
  set_target_properties(lathe_${name} PROPERTIES EXPORT_NAME ${name})
endforeach()
install(
  TARGETS lathe_flags ${libraries}
  EXPORT lathe
  ARCHIVE COMPONENT development)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/lathe)
install(
  EXPORT lathe
  NAMESPACE lathe::
  FILE targets.cmake
  DESTINATION ${package}
  COMPONENT development)
configure_package_config_file(
  cmake/config.cmake.in ${CMAKE_BINARY_DIR}/lathe-config.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(
  ${CMAKE_BINARY_DIR}/lathe-config-version.cmake COMPATIBILITY SameMinorVersion)
install(
  FILES ${CMAKE_BINARY_DIR}/lathe-config.cmake
        ${CMAKE_BINARY_DIR}/lathe-config-version.cmake cmake/libraries.cmake
  DESTINATION ${package}
  COMPONENT development)
# Headers are included as here, "core/tensor.h", from a folder of lathe's own. Of
# those of the kernels others include one.
install(
  DIRECTORY core layers augment models train
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lathe
  COMPONENT development
  FILES_MATCHING
  PATTERN "*.h"
  PATTERN "core/cpu" EXCLUDE
  PATTERN "core/cuda" EXCLUDE
  PATTERN "core/no_cuda" EXCLUDE
  PATTERN "core/reference" EXCLUDE)
install(
  FILES core/cuda/recording.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lathe/core/cuda
  COMPONENT development)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "the makers of lathe")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
    "Trains vision models, augmenting within the step")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL programs development mpi)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME lathe)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME lathe-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "g++, pkg-config, libdnnl-dev, libhwy-dev, libhdf5-dev, libturbojpeg0-dev, \
libjpeg-dev, libpng-dev, libdeflate-dev, libzip-dev, zlib1g-dev, \
nlohmann-json3-dev")
set(CPACK_DEBIAN_MPI_PACKAGE_NAME lathe-mpi)
set(CPACK_DEBIAN_MPI_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_MPI_PACKAGE_DEPENDS "lathe, openmpi-bin")
include(CPack)
