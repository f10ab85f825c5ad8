lakehost_unit_test(message SOURCES test_message.c CORE rpc base)
lakehost_unit_test(recover SOURCES test_recover.c CORE rpc base)
