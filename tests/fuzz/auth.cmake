lakehost_fuzz(auth CORE auth config base)
lakehost_fuzz(jwt CORE auth config base)
