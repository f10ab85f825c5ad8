lakehost_fuzz(egress CORE config upstream egress base)
