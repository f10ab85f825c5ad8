lakehost_fuzz(sql CORE sql base)
