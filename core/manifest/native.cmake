# A cross build runs lakehost-manifest on the machine that builds, so it needs one for that machine:
# the one named by LAKEHOST_MANIFEST_TOOL, else it is built first, by the compiler of this machine.
if(NOT CMAKE_CROSSCOMPILING)
	set(manifest_tool lakehost-manifest)
elseif(LAKEHOST_MANIFEST_TOOL)
	set(manifest_tool ${LAKEHOST_MANIFEST_TOOL})
else()
	include(ExternalProject)
	set(native ${PROJECT_BINARY_DIR}/native)
	set(manifest_tool ${native}/core/manifest/lakehost-manifest)
	set(own_settings ${CMAKE_COMMAND} -E env --unset=CC --unset=CFLAGS --unset=CPPFLAGS
		--unset=LDFLAGS --unset=PKG_CONFIG --unset=PKG_CONFIG_PATH --unset=PKG_CONFIG_LIBDIR
		--unset=PKG_CONFIG_SYSROOT_DIR --unset=CMAKE_TOOLCHAIN_FILE)
	ExternalProject_Add(native-manifest SOURCE_DIR ${PROJECT_SOURCE_DIR} BINARY_DIR ${native}
		CONFIGURE_COMMAND ${own_settings} ${CMAKE_COMMAND} -S ${PROJECT_SOURCE_DIR}
			-B ${native} -G ${CMAKE_GENERATOR} -DBUILD_TESTING=OFF
		BUILD_COMMAND ${own_settings} ${CMAKE_COMMAND} --build ${native}
			--target lakehost-manifest
		INSTALL_COMMAND "" BUILD_BYPRODUCTS ${manifest_tool})
	set(LAKEHOST_MANIFEST_TOOL ${manifest_tool} CACHE FILEPATH
		"The lakehost-manifest that runs on the build machine")
endif()
