# lakehost_add_plugin(NAME SOURCES file... [LIBRARIES lib...] [MANIFEST folder] [NO_INSTALL]
#	[NAME_LENGTH n] [OWN_DESCRIPTOR] [UNITY])
#
# Builds the plugin NAME.so. The folder (default: the current one) holds
#   manifest.json              name, vendor, summary, permissions, options, default, in_all, ...
#   tools/NAME.json            what a client sees of each tool, and its `lakehost` member
#   resources/*.json templates/*.json prompts/*.json completions.json      where there are any
# and becomes the manifest in the ELF note of the plugin, checked as strictly as the host checks
# it. Rows stand in the order of the lists "tools", "resources", "templates" and "prompts" of
# manifest.json (names of files, without .json), or sorted by name where there is no list.
#
# From the same JSON come NAME.rows.h (the prototypes of the functions that serve the rows, and
# constants for their names), which the sources include, and NAME.rows.c (the rows and the
# descriptor), which is compiled with them. OWN_DESCRIPTOR: the sources define `mcp_plugin`
# themselves; its arrays must have the rows of the manifest in the same order.
#
# The sources see LAKEHOST_PLUGIN_NAME and LAKEHOST_PLUGIN_VERSION; the version is that of the
# project unless manifest.json has one.
#
# NAME_LENGTH is that of plugins.name_length in the configuration of the hosts for which the plugin
# is made; the default, 35, leaves room for what clients put in front of tool names.
#
# UNITY compiles all sources as one, which takes less time and yields smaller code. Two of them must
# not have a static function or a macro of the same name.
#
# lakehost_link_plugin(TARGET NAME): gives a program, the test of the plugin, the plugin's own
# objects, include folders and libraries.
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

# Assembles the manifest, the note that carries it, and the rows unless `own` is true; their sources
# are appended to `out`.
function(_lakehost_generate out name folder version name_length own)
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
	set(options --version ${version} --name-length ${name_length})
	set(rows)
	if(NOT own)
		set(rows ${work}/${name}.rows.h ${work}/${name}.rows.c)
		list(APPEND options --rows ${work}/${name}.rows)
	endif()
	add_custom_command(OUTPUT ${manifest} ${rows}
		COMMAND ${tool} ${options} ${folder} ${manifest}
		DEPENDS ${files} ${tool}
		COMMENT "Manifest and rows of plugin ${name}" VERBATIM)
	configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/note.S.in ${work}/note.S @ONLY)
	set_source_files_properties(${work}/note.S PROPERTIES OBJECT_DEPENDS ${manifest})
	set(${out} ${work}/note.S ${rows} PARENT_SCOPE)
endfunction()

function(lakehost_add_plugin name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "NO_INSTALL;OWN_DESCRIPTOR;UNITY"
		"MANIFEST;NAME_LENGTH" "SOURCES;LIBRARIES")
	if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
		message(FATAL_ERROR "lakehost_add_plugin(NAME SOURCES file... [LIBRARIES lib...] "
			"[MANIFEST folder] [NO_INSTALL] [NAME_LENGTH n] [OWN_DESCRIPTOR] [UNITY])")
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
	_lakehost_generate(made ${name} ${folder} ${version} ${arg_NAME_LENGTH} ${arg_OWN_DESCRIPTOR})
	if(TARGET lakehost-sdk)
		set(sdk lakehost-sdk)
	else()
		set(sdk Lakehost::lakehost-sdk)
	endif()

	set(target plugin-${name})
	add_library(${target} MODULE ${arg_SOURCES} ${made})
	set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
		POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden
		LINK_DEPENDS ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
	if(arg_UNITY)
		set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
	endif()
	target_compile_definitions(${target} PRIVATE
		LAKEHOST_PLUGIN_NAME="${name}" LAKEHOST_PLUGIN_VERSION="${version}")
	target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}
		${CMAKE_CURRENT_BINARY_DIR}/${name}.manifest)
	target_link_libraries(${target} PRIVATE ${arg_LIBRARIES} ${sdk})
	target_link_options(${target} PRIVATE
		-Wl,--version-script=${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map -Wl,--as-needed -Wl,--gc-sections
		-Wl,-z,relro,-z,now,-z,noexecstack)
	if(NOT arg_NO_INSTALL)
		install(TARGETS ${target} LIBRARY DESTINATION ${LAKEHOST_PLUGIN_INSTALL_DIR}
			COMPONENT ${name})
	endif()
endfunction()

function(lakehost_link_plugin target name)
	target_sources(${target} PRIVATE $<TARGET_OBJECTS:plugin-${name}>)
	target_include_directories(${target} PRIVATE
		$<TARGET_PROPERTY:plugin-${name},INCLUDE_DIRECTORIES>)
	get_target_property(libraries plugin-${name} LINK_LIBRARIES)
	target_link_libraries(${target} PRIVATE ${libraries})
endfunction()
