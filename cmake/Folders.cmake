# A folder is a library: every .cc in it but *_test.cc, *_bench.cc and main.cc. Beside it, if there
# are *_test.cc files, one gtest program of the same name plus _test. Globbing is deliberate: a test
# file that no target builds cannot exist.

add_library(weightproof_flags INTERFACE)
target_compile_options(weightproof_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow
                       $<$<BOOL:${WEIGHTPROOF_WERROR}>:-Werror>)
target_include_directories(weightproof_flags INTERFACE "${PROJECT_SOURCE_DIR}")
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
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE weightproof_flags ${ARG_DEPENDS})
  endif()
  if(WEIGHTPROOF_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${ARG_TEST_DEPENDS} GTest::gtest
                          GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE
                               WEIGHTPROOF_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 900)
  endif()
  if(WEIGHTPROOF_BENCHMARKS AND benches)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE ${name} benchmark::benchmark)
  endif()
endfunction()
