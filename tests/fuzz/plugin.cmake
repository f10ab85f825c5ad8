foreach(name manifest wire)
	lakehost_fuzz(${name} CORE plugin registry call egress upstream config base)
endforeach()
