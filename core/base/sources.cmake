lakehost_core(base
	SOURCES address.c arena.c bucket.c check.c child.c clock.c cost.c fence.c forwarded.c glob.c hash.c http_syntax.c intern.c json.c json_gate.c
		json_string.c
		json_write.c jwt_algorithm.c log.c log_sink.c loop.c mask.c mask_find.c mask_search.c mask_shape.c mask_view.c nearest.c pool.c
		principal.c seal.c seal_key.c signature.c slack.c trust.c uri.c uri_template.c url.c
		watchdog.c
	LIBS PkgConfig::CRYPTO m)
# The parser and the templates of the SDK, which have no state, and the small helpers that the
# sandbox uses as well.
set(sdk_src ${PROJECT_SOURCE_DIR}/sdk/src)
target_sources(core_base PRIVATE ${sdk_src}/memory_gone.c ${sdk_src}/parse.c ${sdk_src}/plain.c
	${sdk_src}/template.c ${sdk_src}/utf8.c
	${sdk_src}/base/base64.c ${sdk_src}/base/buf.c ${sdk_src}/base/mem.c)
# Compiled alone in a unity build: programs without libcrypto take core/base without these, and the
# names of the SDK's files are their own.
set_source_files_properties(base/seal.c base/seal_key.c base/signature.c ${sdk_src}/parse.c ${sdk_src}/template.c
	PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
