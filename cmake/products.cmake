# The programs, and the relay's package for Lambda.

if(EXISTS ${CMAKE_SOURCE_DIR}/engine/cli/main.c)
  add_executable(holdfast engine/cli/main.c)
  target_compile_definitions(engine_cli PUBLIC HOLDFAST_VERSION="${PROJECT_VERSION}")
  target_link_libraries(holdfast PRIVATE engine_cli)
endif()

# ---- the relay's package: share/holdfast/relay/bootstrap.zip beside the program ----
# bootstrap is a static launcher; lib/ holds the relay, its loader and every library it needs, so that it
# starts on a system with another C library, or with none.
add_executable(relay_bootstrap relay/bootstrap_main.c)
target_link_libraries(relay_bootstrap PRIVATE relay)
target_link_options(relay_bootstrap PRIVATE -Wl,--as-needed $<$<CONFIG:Release>:-s>)

if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  set(relay_loader ld-linux-aarch64.so.1)
else()
  set(relay_loader ld-linux-x86-64.so.2)
endif()
add_executable(relay_launcher relay/launcher/launcher_main.c)
target_compile_options(relay_launcher PRIVATE -Os -Wall -Wextra -Werror)
target_compile_definitions(relay_launcher PRIVATE _GNU_SOURCE RELAY_LOADER="${relay_loader}")
target_link_options(relay_launcher PRIVATE -static -s)

# What packs it runs on this machine; for another one these come from a build that is already there.
if(CMAKE_CROSSCOMPILING)
  set(relay_folders ${CMAKE_SYSROOT}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE} ${CMAKE_SYSROOT}/lib/${CMAKE_LIBRARY_ARCHITECTURE})
  set(HOLDFAST_TOOLS ${CMAKE_SOURCE_DIR}/build/release CACHE PATH "a build of this machine, with relay_pack and relay_trim")
  set(relay_pack ${HOLDFAST_TOOLS}/relay_pack)
  set(relay_trim ${HOLDFAST_TOOLS}/relay_trim)
  set(relay_tools ${relay_pack} ${relay_trim})
else()
  foreach(tool relay_pack relay_trim)
    add_executable(${tool} tools/${tool}_main.c)
    target_link_libraries(${tool} PRIVATE engine_base)
    set(${tool} $<TARGET_FILE:${tool}>)
    list(APPEND relay_tools ${tool})
  endforeach()
endif()

set(relay_package ${CMAKE_BINARY_DIR}/share/holdfast/relay/bootstrap.zip)
add_custom_command(
  OUTPUT ${relay_package}
  COMMAND ${CMAKE_COMMAND} -DRELAY=$<TARGET_FILE:relay_bootstrap> -DLAUNCHER=$<TARGET_FILE:relay_launcher>
          -DPACK=${relay_pack} -DTRIM=${relay_trim} -DLOADER=${relay_loader} -DLIBCURL=$<TARGET_FILE:CURL::libcurl>
          "-DSYSROOT=${CMAKE_SYSROOT}" "-DFOLDERS=${relay_folders}" -DOBJDUMP=${CMAKE_OBJDUMP}
          -DOUT=${relay_package}
          -P ${CMAKE_SOURCE_DIR}/cmake/relay_package.cmake
  DEPENDS relay_bootstrap relay_launcher ${relay_tools} ${CMAKE_SOURCE_DIR}/cmake/relay_package.cmake
  VERBATIM)
add_custom_target(relay_package ALL DEPENDS ${relay_package})
