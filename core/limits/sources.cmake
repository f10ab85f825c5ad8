lakehost_core(limits SOURCES account.c limits.c rule.c)
# Whoever links one of these gets the limits with it.
foreach(user call config)
	target_sources(core_${user} INTERFACE $<TARGET_OBJECTS:core_limits>)
endforeach()
