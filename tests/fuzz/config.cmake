lakehost_fuzz(config CORE config upstream egress base)
