foreach(name manifest wire)
	lakehost_fuzz(${name} CORE plugin registry call egress config auth base)
endforeach()
