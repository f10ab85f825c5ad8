lakehost_unit_test(config SOURCES test_config.c config_bench.c CORE config upstream egress base)
lakehost_unit_test(config_files SOURCES test_config_files.c config_bench.c folder.c
	CORE config upstream egress base)
lakehost_unit_test(databrickscfg SOURCES test_databrickscfg.c CORE config upstream egress base)
foreach(test config config_files)
	if(TARGET test_${test})
		target_compile_definitions(test_${test} PRIVATE ETC_DIR="${PROJECT_SOURCE_DIR}/etc")
	endif()
endforeach()
