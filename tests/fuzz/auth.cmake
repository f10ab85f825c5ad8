lakehost_fuzz(auth CORE auth config base)
