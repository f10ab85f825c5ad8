lakehost_fuzz(egress CORE config auth egress base)
