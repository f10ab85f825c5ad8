lakehost_core(config
	SOURCES audit.c auth.c certificates.c config.c faults.c file.c limits.c metrics.c oauth.c permission.c place.c
		plugins.c policy.c prompt_files.c reference.c server.c store.c text.c value.c
	LIBS PkgConfig::CONFIG PkgConfig::CRYPTO)
target_compile_definitions(core_config PRIVATE
	LAKEHOST_LIBDIR="${CMAKE_INSTALL_LIBDIR}"
	LAKEHOST_ETC="${CMAKE_INSTALL_SYSCONFDIR}"
	LAKEHOST_SYSCONFDIR="${CMAKE_INSTALL_FULL_SYSCONFDIR}")
