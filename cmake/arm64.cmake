# A toolchain: the relay's package for arm64, built on a machine of another kind. What it needs is Debian's cross compiler
# and the libraries of arm64: in their multiarch folders, or below the folder that HOLDFAST_SYSROOT names in the environment.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(arm64_root "$ENV{HOLDFAST_SYSROOT}")
set(arm64_libraries ${arm64_root}/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE})

find_program(arm64_compiler ${CMAKE_LIBRARY_ARCHITECTURE}-gcc)
set(arm64_missing "")
if(NOT arm64_compiler)
  list(APPEND arm64_missing gcc-aarch64-linux-gnu)
endif()
foreach(needed libc.a=libc6-dev libcurl.so=libcurl4-openssl-dev libssl.so=libssl-dev libcjson.so=libcjson-dev
        libexpat.so=libexpat1-dev libsqlite3.so=libsqlite3-dev libyaml.so=libyaml-dev libzip.so=libzip-dev
        libmicrohttpd.so=libmicrohttpd-dev libz.so=zlib1g-dev)
  string(REPLACE "=" ";" needed ${needed})
  list(GET needed 0 file)
  list(GET needed 1 package)
  if(NOT EXISTS ${arm64_libraries}/${file})
    list(APPEND arm64_missing ${package}:arm64)
  endif()
endforeach()
if(arm64_missing)
  list(JOIN arm64_missing " " arm64_missing)
  message(FATAL_ERROR "To build for arm64 these are missing: ${arm64_missing}\n"
    "On Debian: dpkg --add-architecture arm64 && apt-get update && apt-get install ${arm64_missing}\n"
    "Or build on a machine of arm64, and take the relay/bootstrap.zip of that build.")
endif()

set(CMAKE_C_COMPILER ${arm64_compiler})
if(arm64_root)
  set(CMAKE_SYSROOT ${arm64_root})
  set(ENV{PKG_CONFIG_SYSROOT_DIR} ${arm64_root})
endif()
set(ENV{PKG_CONFIG_LIBDIR} ${arm64_libraries}/pkgconfig:${arm64_root}/usr/share/pkgconfig)
