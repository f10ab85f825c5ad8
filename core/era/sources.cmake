lakehost_core(era SOURCES audited.c batch.c capabilities.c client_requests.c completion.c confirm.c confirm_text.c cursor.c downgrade.c eras.c
	header_value.c headers.c invoke.c legacy.c limited.c lists.c logging.c methods.c modern.c mrtr.c once.c prepare.c progress.c
	prompts.c receive.c request.c request_state.c resources.c server.c session.c standing.c step_up.c streams.c subscriptions.c task.c task_id.c task_write.c tasks.c tools.c watch.c
	workspace.c)
