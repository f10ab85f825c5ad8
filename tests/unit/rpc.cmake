lakehost_unit_test(message SOURCES test_message.c message_rig.c CORE rpc base)
lakehost_unit_test(recover SOURCES test_recover.c message_rig.c CORE rpc base)
