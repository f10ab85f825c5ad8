lakehost_unit_test(buf SOURCES test_buf.c CORE base)
