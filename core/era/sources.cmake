lakehost_core(era SOURCES batch.c bridge.c completion.c downgrade.c header_value.c headers.c invoke.c legacy.c
	listen.c lists.c methods.c modern.c mrtr.c notify.c prepare.c prompts.c receive.c request.c resources.c
	server.c session.c state.c task.c tools.c)
