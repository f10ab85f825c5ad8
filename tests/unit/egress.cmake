# A server that misbehaves on request, in the same process.
add_library(test_upstream STATIC ${PROJECT_SOURCE_DIR}/tests/upstream/upstream.c
	${PROJECT_SOURCE_DIR}/tests/upstream/answer.c ${PROJECT_SOURCE_DIR}/tests/upstream/tls.c)
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl libcrypto zlib)
target_link_libraries(test_upstream PUBLIC PkgConfig::SSL Threads::Threads)
target_include_directories(test_upstream PUBLIC ${PROJECT_SOURCE_DIR}/tests/upstream)

lakehost_unit_test(retry SOURCES test_retry.c CORE egress upstream config base)
foreach(name egress egress_handles egress_reuse egress_retry egress_flow egress_shared credential connections)
	lakehost_unit_test(${name} SOURCES test_${name}.c egress_rig.c
		CORE egress upstream config base LIBS test_upstream)
endforeach()
lakehost_unit_test(egress_rules SOURCES test_egress_rules.c egress_rig.c folder.c
	CORE egress upstream config base LIBS test_upstream)
lakehost_unit_test(egress_files SOURCES test_egress_files.c egress_rig.c folder.c
	CORE egress upstream config base LABELS concurrency LIBS test_upstream)
lakehost_unit_test(egress_parts SOURCES test_egress_parts.c egress_rig.c folder.c
	CORE egress upstream config base LIBS test_upstream)
lakehost_unit_test(rows SOURCES test_rows.c CORE egress upstream config base)
