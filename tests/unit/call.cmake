lakehost_unit_test(sdk SOURCES test_sdk.c LIBS lakehost-sdk lakehost-fakehost)
