lakehost_fuzz(message CORE rpc base)
lakehost_fuzz(header SOURCES fuzz_header.c ${PROJECT_SOURCE_DIR}/core/era/header_value.c CORE base)
