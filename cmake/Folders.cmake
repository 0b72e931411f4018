# A folder is a library: every .cc in it but *_test.cc, *_bench.cc and main.cc. Beside it, if there
# are *_test.cc files, one gtest program of the same name plus _test. Globbing is deliberate: a test
# file that no target builds cannot exist.

add_library(weightproof_flags INTERFACE)
target_compile_options(weightproof_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow
                       $<$<BOOL:${WEIGHTPROOF_WERROR}>:-Werror>)
target_include_directories(weightproof_flags INTERFACE "${PROJECT_SOURCE_DIR}")
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A class of a .cc file may have members of its anonymous namespace; gcc takes it for a header's.
  target_compile_options(weightproof_flags INTERFACE -Wno-subobject-linkage)
endif()
if(WEIGHTPROOF_SANITIZE)
  target_compile_options(weightproof_flags INTERFACE -fsanitize=${WEIGHTPROOF_SANITIZE}
                         -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(weightproof_flags INTERFACE -fsanitize=${WEIGHTPROOF_SANITIZE})
endif()
if(WEIGHTPROOF_FUZZING_ENGINE STREQUAL "-fsanitize=fuzzer")
  target_compile_options(weightproof_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

if(WEIGHTPROOF_TESTS)
  enable_testing()
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

if(WEIGHTPROOF_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()

# What nearly every file includes is parsed once where files are compiled in batches (a file may then
# forget an include; the clang presets compile file by file, without it).
set(WEIGHTPROOF_PRECOMPILED OFF)
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(WEIGHTPROOF_PRECOMPILED ON)
  set(common_headers <algorithm> <array> <cstdint> <cstdio> <expected> <filesystem> <fstream>
      <functional> <map> <memory> <optional> <ranges> <set> <span> <string> <string_view> <utility>
      <vector> <fmt/core.h> <fmt/ranges.h> <nlohmann/json.hpp>)
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/precompiled.cc" CONTENT "")
  add_library(weightproof_headers OBJECT "${CMAKE_BINARY_DIR}/precompiled.cc")
  # Precompiled headers serve only who has the same definitions.
  target_link_libraries(weightproof_flags INTERFACE fmt::fmt)
  target_link_libraries(weightproof_headers PRIVATE weightproof_flags)
  target_precompile_headers(weightproof_headers PRIVATE ${common_headers})
  if(WEIGHTPROOF_TESTS)
    add_library(weightproof_test_headers OBJECT "${CMAKE_BINARY_DIR}/precompiled.cc")
    target_link_libraries(weightproof_test_headers PRIVATE weightproof_flags GTest::gtest)
    target_compile_options(weightproof_test_headers PRIVATE ${WEIGHTPROOF_TEST_FLAGS})
    target_precompile_headers(weightproof_test_headers PRIVATE ${common_headers} <gtest/gtest.h>)
  endif()
endif()

# weightproof_precompiled(TARGET HEADERS): HEADERS is weightproof_headers or weightproof_test_headers.
function(weightproof_precompiled target headers)
  if(WEIGHTPROOF_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM ${headers})
  endif()
endfunction()

# weightproof_test(NAME file...): a gtest program.
function(weightproof_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE GTest::gtest GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${WEIGHTPROOF_TEST_FLAGS})
  target_compile_definitions(${name} PRIVATE WEIGHTPROOF_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  weightproof_precompiled(${name} weightproof_test_headers)
endfunction()

# weightproof_folder(NAME [DEPENDS lib...] [TEST_DEPENDS lib...])
function(weightproof_folder name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;TEST_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  file(GLOB tests CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc")
  file(GLOB benches CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_bench.cc")
  file(GLOB others CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/main.cc")
  if(tests OR benches OR others)
    list(REMOVE_ITEM sources ${tests} ${benches} ${others})
  endif()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC weightproof_flags ${ARG_DEPENDS})
    weightproof_precompiled(${name} weightproof_headers)
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE weightproof_flags ${ARG_DEPENDS})
  endif()
  if(WEIGHTPROOF_TESTS AND tests)
    weightproof_test(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${ARG_TEST_DEPENDS})
    gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 900)
  endif()
  if(WEIGHTPROOF_BENCHMARKS AND benches)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE ${name} benchmark::benchmark)
  endif()
endfunction()
