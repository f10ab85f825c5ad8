/* SPDX-License-Identifier: Apache-2.0 */
/* lakehost-worker PLUGIN PARENT-PID, with the socket to the host on descriptor 3 and the file of
 * the plugin on 4. Started by the host only. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "module/read.h"
#include "worker/program/program.h"

#define FD_HOST 3
#define FD_PLUGIN 4
#define FD_OTHERS 5
#define WHY_MAX 512

void
program_fault(const char *why)
{
	log_event(LOG_ERROR, "worker-fault", "why", "s", why, NULL);
	_exit(70);
}

/* The worker ends with the host and not earlier: a terminal or a service manager may signal all
 * processes at once, and the host must be able to drain. Other processes of this user cannot read
 * its memory. */
static void
harden(const char *parent)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
	const struct rlimit none = { 0, 0 };

	prctl(PR_SET_DUMPABLE, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != (pid_t)strtol(parent, NULL, 10))
		_exit(0); /* the host ended before this process could ask to be notified */
	setrlimit(RLIMIT_CORE, &none);
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
	close_range(FD_OTHERS, ~0u, 0);
}

/* ---- open ----------------------------------------------------------------------------------- */

static void
program_refuse(struct program *program, enum plugin_refusal refusal, const char *why)
{
	struct buf out;

	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_u32(&out, refusal);
	wire_str(&out, why);
	channel_send(&program->channel, WIRE_REFUSED, 0, 0, out.data, out.len);
	_exit(0); /* a message of this length was sent completely */
}

static void
on_open(struct program *program, struct wire_reader *in)
{
	uint32_t version = wire_take_u32(in);
	const char *options = wire_take_text(in);
	enum plugin_refusal refusal;
	char why[WHY_MAX] = "";
	struct buf out;

	if (!wire_at_end(in) || version != WIRE_VERSION)
		program_fault("the host has another version");
	program->options = xstrdup(options);
	program->manifest = manifest_read(FD_PLUGIN, &refusal, why, sizeof(why));
	if (program->manifest == NULL)
		program_refuse(program, refusal, why);
	refusal = code_open(&program->code, FD_PLUGIN, program->manifest, why, sizeof(why));
	if (refusal == PLUGIN_OK)
		refusal = code_start(&program->code, program->options, &program_services, program,
				     why, sizeof(why));
	if (refusal != PLUGIN_OK)
		program_refuse(program, refusal, why);
	program->open = true;
	buf_init(&out, WIRE_MESSAGE_MAX);
	wire_u32(&out, WIRE_VERSION);
	channel_send(&program->channel, WIRE_READY, 0, 0, out.data, out.len);
	buf_fini(&out);
}

static void
on_message(struct channel *channel, const struct channel_message *message)
{
	struct program *program = channel->data;
	struct wire_reader in = { message->data, message->data + message->len, false };

	if (program->open != (message->type != WIRE_OPEN))
		program_fault("the host sent OPEN twice or not at all");
	if (message->type == WIRE_OPEN)
		on_open(program, &in);
	else
		task_message(program, message);
}

static void
on_closed(struct channel *channel, const char *why)
{
	struct program *program = channel->data;

	(void)why;
	loop_stop(program->loop);
}

int
main(int argc, char **argv)
{
	struct program program = { 0 };

	if (argc != 3 || fcntl(FD_HOST, F_SETFD, FD_CLOEXEC) != 0 ||
	    fcntl(FD_PLUGIN, F_SETFD, FD_CLOEXEC) != 0) {
		fputs("lakehost-worker is started by lakehost\n", stderr);
		return 2;
	}
	harden(argv[2]);
	log_init(LOG_INFO, isatty(2));
	program.name = argv[1];
	program.loop = loop_new();
	program.pool = pool_new(program.loop, 1, PROGRAM_THREADS);
	program.channel.data = &program;
	program.channel.message = on_message;
	program.channel.closed = on_closed;
	channel_init(&program.channel, program.loop);
	if (!channel_attach(&program.channel, FD_HOST))
		program_fault("the socket cannot be watched");
	loop_run(program.loop, 0);
	tasks_end(&program);
	code_fini(&program.code);
	json_object_put(program.manifest);
	free(program.options);
	channel_fini(&program.channel);
	loop_free(program.loop);
	return 0;
}
