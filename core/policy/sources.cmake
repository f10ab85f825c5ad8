# The classifier of SQL is a library of its own, which needs nothing but base. Whoever links
# core_policy gets it with it.
add_library(core_sql OBJECT policy/sql.c policy/sql_functions.c policy/sql_lex.c
	policy/sql_reader.c)
target_compile_definitions(core_sql PRIVATE LAKEHOST_CORE)
target_include_directories(core_sql PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})

lakehost_core(policy SOURCES policy.c)
target_sources(core_policy INTERFACE $<TARGET_OBJECTS:core_sql>)
