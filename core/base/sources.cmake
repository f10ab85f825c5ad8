lakehost_core(base
	SOURCES arena.c base64.c buf.c json.c json_gate.c json_raw.c json_string.c log.c loop.c mask.c
		mem.c seal.c seal_key.c uri.c uri_template.c url.c
	LIBS PkgConfig::CRYPTO m)
