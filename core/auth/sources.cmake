lakehost_core(auth SOURCES auth.c bearer.c failures.c store.c token.c token_file.c
	LIBS PkgConfig::CRYPTO)
