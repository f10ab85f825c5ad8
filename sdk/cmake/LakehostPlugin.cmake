# lakehost_add_plugin(NAME SOURCES file... [LIBRARIES lib...] [MANIFEST folder] [NO_INSTALL]
#	[NAME_LENGTH n])
#
# Builds the plugin NAME.so. The folder (default: the current one) holds
#   manifest.json              name, vendor, summary, permissions, options, default, in_all, ...
#   tools/NAME.json            what a client sees of each tool, and its `lakehost` member
#   resources/*.json templates/*.json prompts/*.json completions.json      where there are any
# and becomes the manifest in the ELF note of the plugin, checked as strictly as the host checks
# it. Rows stand in the order of the lists "tools", "resources", "templates" and "prompts" of
# manifest.json (names of files, without .json), or sorted by name where there is no list; the
# arrays of the descriptor must have the same rows in the same order.
#
# The sources see LAKEHOST_PLUGIN_NAME and LAKEHOST_PLUGIN_VERSION for the descriptor; the version
# is that of the project unless manifest.json has one.
#
# NAME_LENGTH is that of plugins.name_length in the configuration of the hosts for which the plugin
# is made; the default, 35, leaves room for what clients put in front of tool names.
#
# Variables: LAKEHOST_PLUGIN_INSTALL_DIR, where plugins are installed to; LAKEHOST_MANIFEST_TOOL,
# the lakehost-manifest of the build machine when that is not the machine the SDK was built for.
include_guard(GLOBAL)
include(GNUInstallDirs)
enable_language(ASM)

set(LAKEHOST_PLUGIN_INSTALL_DIR ${CMAKE_INSTALL_LIBDIR}/lakehost/plugins CACHE STRING
	"Folder that plugins are installed to")

# The manifest's own version, or that of the project.
function(_lakehost_version out folder)
	file(READ ${folder}/manifest.json text)
	string(JSON version ERROR_VARIABLE none GET "${text}" version)
	if(NOT version OR none)
		set(version "${PROJECT_VERSION}")
	endif()
	if(NOT version)
		message(FATAL_ERROR "${folder}/manifest.json has no \"version\", nor has the project")
	endif()
	set(${out} "${version}" PARENT_SCOPE)
endfunction()

# The host looks for the plugin NAME in NAME.so, so both names must be one.
function(_lakehost_check_name name folder)
	file(READ ${folder}/manifest.json text)
	string(JSON said ERROR_VARIABLE none GET "${text}" name)
	if(NOT none AND NOT said STREQUAL name)
		message(FATAL_ERROR "${folder}/manifest.json has the name \"${said}\", and "
			"lakehost_add_plugin() is called with \"${name}\": they must be equal")
	endif()
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${folder}/manifest.json)
endfunction()

# Assembles the manifest and the note that carries it; `out` is the source file of the note.
function(_lakehost_note out name folder version name_length)
	set(work ${CMAKE_CURRENT_BINARY_DIR}/${name}.manifest)
	set(manifest ${work}/manifest.json)
	file(GLOB files CONFIGURE_DEPENDS ${folder}/*.json ${folder}/tools/*.json
		${folder}/resources/*.json ${folder}/templates/*.json ${folder}/prompts/*.json)
	if(LAKEHOST_MANIFEST_TOOL)
		set(tool ${LAKEHOST_MANIFEST_TOOL})
	elseif(TARGET lakehost-manifest)
		set(tool lakehost-manifest)
	else()
		set(tool Lakehost::lakehost-manifest)
	endif()
	add_custom_command(OUTPUT ${manifest}
		COMMAND ${tool} --version ${version} --name-length ${name_length} ${folder}
			${manifest}
		DEPENDS ${files} ${tool}
		COMMENT "Manifest of plugin ${name}" VERBATIM)
	configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/note.S.in ${work}/note.S @ONLY)
	set_source_files_properties(${work}/note.S PROPERTIES OBJECT_DEPENDS ${manifest})
	set(${out} ${work}/note.S PARENT_SCOPE)
endfunction()

function(lakehost_add_plugin name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "NO_INSTALL" "MANIFEST;NAME_LENGTH" "SOURCES;LIBRARIES")
	if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
		message(FATAL_ERROR "lakehost_add_plugin(NAME SOURCES file... [LIBRARIES lib...] "
			"[MANIFEST folder] [NO_INSTALL] [NAME_LENGTH n])")
	endif()
	if(NOT arg_NAME_LENGTH)
		set(arg_NAME_LENGTH 35)
	endif()
	if(NOT arg_MANIFEST)
		set(arg_MANIFEST .)
	endif()
	get_filename_component(folder ${arg_MANIFEST} ABSOLUTE)
	_lakehost_check_name(${name} ${folder})
	_lakehost_version(version ${folder})
	_lakehost_note(note ${name} ${folder} ${version} ${arg_NAME_LENGTH})
	if(TARGET lakehost-sdk)
		set(sdk lakehost-sdk)
	else()
		set(sdk Lakehost::lakehost-sdk)
	endif()

	set(target plugin-${name})
	add_library(${target} MODULE ${arg_SOURCES} ${note})
	set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
		C_VISIBILITY_PRESET hidden LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
	target_compile_definitions(${target} PRIVATE
		LAKEHOST_PLUGIN_NAME="${name}" LAKEHOST_PLUGIN_VERSION="${version}")
	target_link_libraries(${target} PRIVATE ${arg_LIBRARIES} ${sdk})
	target_link_options(${target} PRIVATE
		-Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map -Wl,--as-needed)
	if(NOT arg_NO_INSTALL)
		install(TARGETS ${target} LIBRARY DESTINATION ${LAKEHOST_PLUGIN_INSTALL_DIR}
			COMPONENT ${name})
	endif()
endfunction()
