lakehost_unit_test(message SOURCES test_message.c CORE rpc base)
