/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes HTTP requests: the decision of the gate does not depend on the pieces in which the bytes
 * arrive, no byte passes after a fault, and a header that passes contains nothing that parsers read
 * differently. */
#include "fuzz.h"

#include <string.h>

#include "transport/http_gate.h"

#define HEAD_MAX 8192u
/* shorter than the limits, so that the fault is the same for pieces of any size */
#define INPUT_MAX 4096u

/* Gives the gate pieces of `piece` bytes. Returns how many bytes passed. */
static size_t
feed(struct http_gate *gate, const char *data, size_t len, size_t piece)
{
	size_t passed = 0;

	*gate = (struct http_gate){ .head_max = HEAD_MAX, .memory_max = 2 * HEAD_MAX };
	for (size_t at = 0; at < len && passed == at; at += piece)
		passed += http_gate_feed(gate, data + at, len - at < piece ? len - at : piece);
	return passed;
}

/* Checks that lines end with CRLF, and that there is no control character, up to the empty line. */
static void
check_head(const char *data, size_t len)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);

	PROMISE(end != NULL);
	for (const char *at = data; at < end; at++) {
		if (*at == '\r')
			PROMISE(at[1] == '\n');
		else if (*at == '\n')
			PROMISE(at > data && at[-1] == '\r');
		else
			PROMISE((unsigned char)*at >= ' ' || *at == '\t');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct http_gate whole, cut;
	size_t passed;

	if (len > INPUT_MAX)
		return 0;
	passed = feed(&whole, text, len, len + 1);
	PROMISE(passed <= len);
	PROMISE((whole.fault == NULL) == (passed == len));
	PROMISE((whole.fault == NULL) == (whole.status == 0));
	for (size_t piece = 1; piece < 9; piece++) {
		passed = feed(&cut, text, len, piece);
		PROMISE(cut.status == whole.status && cut.requests == whole.requests);
		PROMISE((cut.fault == NULL) == (passed == len));
		PROMISE(cut.state == whole.state || cut.fault != NULL);
	}
	PROMISE(whole.fault == NULL || http_gate_feed(&whole, "x", 1) == 0);
	if (whole.fault == NULL && cut.requests == 1 && cut.state == GATE_START && len > 0 &&
	    *text != '\r')
		check_head(text, len);
	return 0;
}
