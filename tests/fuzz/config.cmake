lakehost_fuzz(config CORE config auth egress base)
