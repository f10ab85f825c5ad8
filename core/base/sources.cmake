lakehost_core(base
	SOURCES arena.c base64.c buf.c json.c json_gate.c loop.c mem.c
	LIBS PkgConfig::CRYPTO m)
