foreach(name manifest wire)
	lakehost_fuzz(${name} CORE plugin worker module call registry egress upstream config base)
endforeach()
