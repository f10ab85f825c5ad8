/* SPDX-License-Identifier: Apache-2.0 */
#include "limits/reader.h"

#include <stddef.h>

#include "limits/store.h"

#if HIREDIS_MAJOR >= 1
typedef size_t elements_type;
#else
typedef int elements_type;
#endif

/* Those of libhiredis, which are the same for all readers. */
static redisReplyObjectFunctions original;

/* libhiredis ends the connection when one of its functions returns NULL. */
static void *
reject(const redisReadTask *task, const char *why)
{
	struct reader_guard *guard = task->privdata;

	guard->why = why;
	return NULL;
}

/* NULL: the answer may begin with this value. */
static const char *
fault_of(const redisReadTask *task)
{
	const struct reader_guard *guard = task->privdata;

	if (task->parent != NULL)
		return "its answer has another value in an array than a number";
	return guard->expected(guard->data) ? NULL : "it answers more often than it was asked";
}

static void *
create_string(const redisReadTask *task, char *text, size_t len)
{
	const char *fault = fault_of(task);

	return fault == NULL ? original.createString(task, text, len) : reject(task, fault);
}

static void *
create_array(const redisReadTask *task, elements_type elements)
{
	const char *fault = fault_of(task);

	if (fault == NULL && task->type != REDIS_REPLY_ARRAY)
		fault = "its answer has another type than expected";
	if (fault == NULL && (size_t)elements > STORE_NUMBERS_MAX)
		fault = "its answer has more numbers than expected";
	return fault == NULL ? original.createArray(task, elements) : reject(task, fault);
}

static void *
create_integer(const redisReadTask *task, long long number)
{
	const char *fault = task->parent != NULL ? NULL : fault_of(task);

	return fault == NULL ? original.createInteger(task, number) : reject(task, fault);
}

static void *
create_nil(const redisReadTask *task)
{
	const char *fault = fault_of(task);

	return fault == NULL ? original.createNil(task) : reject(task, fault);
}

#if HIREDIS_MAJOR >= 1
/* Servers send these only to clients that ask for version 3 of the protocol. */
static const char version_3[] = "its answer is of version 3 of the protocol";

static void *
create_double(const redisReadTask *task, double number, char *text, size_t len)
{
	(void)number, (void)text, (void)len;
	return reject(task, version_3);
}

static void *
create_bool(const redisReadTask *task, int value)
{
	(void)value;
	return reject(task, version_3);
}
#endif

void
reader_guard(redisReader *reader, struct reader_guard *guard)
{
	static redisReplyObjectFunctions guarded;

	if (reader->fn != &guarded)
		original = *reader->fn;
	guarded = original;
	guarded.createString = create_string;
	guarded.createArray = create_array;
	guarded.createInteger = create_integer;
	guarded.createNil = create_nil;
#if HIREDIS_MAJOR >= 1
	guarded.createDouble = create_double;
	guarded.createBool = create_bool;
#endif
	guard->why = NULL;
	reader->privdata = guard;
	reader->fn = &guarded;
}
