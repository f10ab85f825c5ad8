lakehost_fuzz(config CORE upstream config base)
