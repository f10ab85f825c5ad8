lakehost_core(cli SOURCES cli.c serve.c check.c doctor.c federation.c plugin.c plugin_file.c plugin_switch.c
	findings.c lint.c lint_elf.c lint_manifest.c plugin_new.c
	trial.c trial_arguments.c trial_call.c trial_memory.c trial_phases.c trial_reply.c
	plugin_approve.c plugin_sign.c policy.c
	tools.c reference.c call.c absent.c audit.c read.c client_config.c lists.c local.c question.c reload.c render.c
	token.c complete.c)
target_compile_definitions(core_cli PRIVATE
	LAKEHOST_SYSCONFDIR="${CMAKE_INSTALL_FULL_SYSCONFDIR}")

# Each file of sdk/project becomes an array in project_files.c, for "lakehost plugin new".
set(project ${PROJECT_SOURCE_DIR}/sdk/project)
file(GLOB_RECURSE project_files CONFIGURE_DEPENDS RELATIVE ${project} ${project}/*)
set(PROJECT_ARRAYS "")
set(PROJECT_ROWS "")
set(number 0)
foreach(file IN LISTS project_files)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${project}/${file})
	file(READ ${project}/${file} hex HEX)
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
	string(REGEX REPLACE "\\.in$" "" path "${file}")
	string(REGEX REPLACE "^gitignore$" ".gitignore" path "${path}")
	set(program false)
	if(file MATCHES "\\.py$|/rules$")
		set(program true)
	endif()
	string(APPEND PROJECT_ARRAYS "static const unsigned char file_${number}[] = {${hex}};\n")
	string(APPEND PROJECT_ROWS
		"\t{ \"${path}\", file_${number}, sizeof(file_${number}), ${program} },\n")
	math(EXPR number "${number} + 1")
endforeach()
configure_file(${CMAKE_CURRENT_LIST_DIR}/project_files.c.in
	${PROJECT_BINARY_DIR}/core/cli/project_files.c @ONLY)
target_sources(core_cli PRIVATE ${PROJECT_BINARY_DIR}/core/cli/project_files.c)
