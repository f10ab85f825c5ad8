lakehost_core(audit SOURCES audit.c chain.c line.c ocsf.c sink.c tail.c thread.c verify.c
	LIBS PkgConfig::CRYPTO)
# Whoever links one of these gets the audit log with it.
foreach(user auth call)
	target_sources(core_${user} INTERFACE $<TARGET_OBJECTS:core_audit>)
endforeach()
