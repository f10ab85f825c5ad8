lakehost_fuzz(gate CORE transport rpc base)
