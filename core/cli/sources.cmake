lakehost_core(cli SOURCES cli.c serve.c check.c doctor.c plugin.c plugin_file.c plugin_switch.c
	tools.c reference.c call.c absent.c read.c client_config.c lists.c local.c question.c render.c token.c)
target_compile_definitions(core_cli PRIVATE
	LAKEHOST_SYSCONFDIR="${CMAKE_INSTALL_FULL_SYSCONFDIR}")
