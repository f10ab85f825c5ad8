lakehost_unit_test(address SOURCES test_address.c CORE base)
lakehost_unit_test(auth SOURCES test_auth.c folder.c CORE auth config base)
lakehost_unit_test(tokens SOURCES test_tokens.c folder.c CORE auth config base)
lakehost_unit_test(groups SOURCES test_groups.c folder.c CORE auth config base)
