# The judge of SQL is a library of its own, which needs nothing but base. Whoever links core_policy
# gets it with it.
lakehost_core(sql FOLDER policy SOURCES sql.c sql_functions.c sql_lex.c sql_names.c
	sql_reader.c)
lakehost_core(policy SOURCES policy.c compile.c conditions.c rules.c scope.c times.c)
target_sources(core_policy INTERFACE $<TARGET_OBJECTS:core_sql>)
