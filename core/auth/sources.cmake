# libcjose is loaded for the first key (jose.c), so only its header is needed here.
lakehost_core(auth SOURCES auth.c bearer.c certificate.c failures.c groups.c jose.c jwt.c key_store.c keys.c oauth.c refusals.c oauth_cache.c store.c text.c
	token.c token_file.c user.c
	LIBS PkgConfig::CRYPTO)
target_include_directories(core_auth PRIVATE ${CJOSE_INCLUDE})
