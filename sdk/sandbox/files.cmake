# The workspace tree, repos, jobs and runs, commands, files and secrets; with what they embed.
set(sandbox_files
	beneath.c form.c notebook.c objects.c notebooks.c notebooks_seed.c wsfiles.c repos.c
	dbfs.c volumes.c volumes_seed.c fs.c secrets.c
	python.c exec.c notebook_run.c contexts.c commands.c
	jobs.c jobs_check.c jobs_seed.c runs.c runs_store.c runs_start.c
	run_exec.c run_tasks.c run_params.c)

# Each file of seed/ and python/ becomes an array in seeds.c.
file(GLOB seeds CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/seed/*
	${CMAKE_CURRENT_LIST_DIR}/python/*.py)
set(SEED_ARRAYS "")
set(SEED_ROWS "")
set(number 0)
foreach(seed IN LISTS seeds)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${seed})
	get_filename_component(name ${seed} NAME)
	file(READ ${seed} hex HEX)
	string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
	string(APPEND SEED_ARRAYS "static const unsigned char data_${number}[] = {${bytes}0};\n")
	string(APPEND SEED_ROWS
		"\t{ \"${name}\", data_${number}, sizeof(data_${number}) - 1 },\n")
	math(EXPR number "${number} + 1")
endforeach()
configure_file(${CMAKE_CURRENT_LIST_DIR}/seeds.c.in ${CMAKE_CURRENT_BINARY_DIR}/seeds.c @ONLY)
target_sources(lakehost-sandbox PRIVATE ${sandbox_files} ${CMAKE_CURRENT_BINARY_DIR}/seeds.c)
target_include_directories(lakehost-sandbox PRIVATE ${CMAKE_CURRENT_LIST_DIR})

# Their tests, beside the others of test-sandbox.
set(sandbox_files_tests test/expect.c test/tree.c test/files.c test/code.c test/jobs.c)
