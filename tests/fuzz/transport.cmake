lakehost_fuzz(gate CORE transport auth rpc config base)
