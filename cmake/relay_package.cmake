# Collects what the relay needs at run time and packs it. Run by the build (cmake/products.cmake).
# libcurl is loaded by its soname (providers/http.c), so nothing in the relay tells of it.
get_filename_component(folder ${OUT} DIRECTORY)
file(MAKE_DIRECTORY ${folder})
get_filename_component(libcurl ${LIBCURL} REALPATH)

# Of what the distribution's libcurl can do the relay needs HTTPS; LDAP, Kerberos, RTMP, cookies, names beyond ASCII and
# other compressions stay behind, with the thirty libraries that they would bring.
execute_process(COMMAND ${TRIM} ${libcurl} ${folder}/libcurl.so.4 libgssapi libldap liblber librtmp libpsl libidn2
                libzstd libbrotli COMMAND_ERROR_IS_FATAL ANY)
set(libcurl ${folder}/libcurl.so.4)
if(FOLDERS) # of another machine's libraries, that this one's loader knows nothing of
  set(CMAKE_GET_RUNTIME_DEPENDENCIES_COMMAND ${OBJDUMP})
endif()
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${RELAY} LIBRARIES ${libcurl} DIRECTORIES ${FOLDERS} RESOLVED_DEPENDENCIES_VAR libraries
     UNRESOLVED_DEPENDENCIES_VAR missing)
if(missing)
  message(FATAL_ERROR "the relay needs libraries that are not here: ${missing}")
endif()

# The certificate authorities behind AWS's endpoints, instead of the system's whole bundle.
set(roots "")
foreach(name Amazon_Root_CA_1 Amazon_Root_CA_2 Amazon_Root_CA_3 Amazon_Root_CA_4
        Starfield_Services_Root_Certificate_Authority_-_G2)
  if(NOT EXISTS /etc/ssl/certs/${name}.pem)
    message(FATAL_ERROR "/etc/ssl/certs/${name}.pem is missing: install ca-certificates")
  endif()
  file(READ /etc/ssl/certs/${name}.pem certificate)
  string(APPEND roots "${certificate}")
endforeach()
file(WRITE ${folder}/roots.pem "${roots}")

set(entries +bootstrap=${LAUNCHER} +lib/relay=${RELAY} roots.pem=${folder}/roots.pem
    lib/libcurl.so.4=${libcurl})
set(loader_found FALSE)
foreach(library ${libraries})
  get_filename_component(name ${library} NAME)
  if(name STREQUAL LOADER)
    set(loader_found TRUE)
    list(APPEND entries +lib/${name}=${library})
  else()
    list(APPEND entries lib/${name}=${library})
  endif()
endforeach()
if(NOT loader_found)
  if(NOT EXISTS ${SYSROOT}/lib64/${LOADER})
    set(LOADER_PATH ${SYSROOT}/lib/${LOADER})
  else()
    set(LOADER_PATH ${SYSROOT}/lib64/${LOADER})
  endif()
  list(APPEND entries +lib/${LOADER}=${LOADER_PATH})
endif()
execute_process(COMMAND ${PACK} ${OUT} ${entries} COMMAND_ERROR_IS_FATAL ANY)
