lakehost_core(auth SOURCES auth.c bearer.c failures.c groups.c store.c token.c token_file.c
	LIBS PkgConfig::CRYPTO)
