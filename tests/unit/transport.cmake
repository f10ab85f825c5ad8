lakehost_unit_test(transport_sse SOURCES test_transport_sse.c CORE transport auth rpc config base)
lakehost_unit_test(transport_http SOURCES test_transport_http.c CORE transport auth rpc config base)
lakehost_unit_test(transport_listen SOURCES test_transport_listen.c CORE transport auth rpc config base)
lakehost_unit_test(transport_gate SOURCES test_transport_gate.c CORE transport auth rpc config base)
