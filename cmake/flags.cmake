# Compiler flags of every target.
add_library(holdfast_flags INTERFACE)
target_include_directories(holdfast_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(holdfast_flags INTERFACE _GNU_SOURCE)
target_compile_options(holdfast_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch-enum -Wstrict-prototypes
    -Wmissing-prototypes -Wvla -Wformat=2 -Wno-format-nonliteral
    $<$<BOOL:${HOLDFAST_WERROR}>:-Werror>)
if(HOLDFAST_SANITIZE)
  target_compile_options(holdfast_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(holdfast_flags INTERFACE -fsanitize=address,undefined)
endif()
if(HOLDFAST_HARDEN)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  target_compile_options(holdfast_flags INTERFACE -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE)
  target_link_options(holdfast_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
if(HOLDFAST_FAULT_POINTS)
  target_compile_definitions(holdfast_flags INTERFACE HOLDFAST_FAULT_POINTS)
endif()
if(HOLDFAST_ARENA_DEBUG)
  target_compile_definitions(holdfast_flags INTERFACE ARENA_DEBUG)
endif()
