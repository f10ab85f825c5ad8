lakehost_fuzz(schema CORE registry base)
