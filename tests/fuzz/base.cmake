lakehost_fuzz(json CORE base)
lakehost_fuzz(mask CORE base)
lakehost_fuzz(template CORE base)
lakehost_fuzz(uri CORE base)
