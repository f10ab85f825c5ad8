lakehost_unit_test(transport_sse SOURCES test_transport_sse.c CORE transport rpc base)
lakehost_unit_test(transport_http SOURCES test_transport_http.c CORE transport rpc base)
lakehost_unit_test(transport_listen SOURCES test_transport_listen.c CORE transport rpc base)
lakehost_unit_test(transport_gate SOURCES test_transport_gate.c CORE transport rpc base)
