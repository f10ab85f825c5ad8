/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_file: returns as much of a file as one answer allows, as text if it is text, and the next
 * call. Or it saves the whole file in one of the operator's folders, without the model and without
 * using memory.
 */
#include "files.h"

#include <string.h>

#define READ_MAX BLOCK_BYTES_MAX /* most bytes of one answer, for any text */
#define READ_LEAST 100
#define START_BYTES 16		      /* number of bytes that are shown of binary content */
#define OFFSET_MAX (INT64_C(1) << 60) /* larger than any file, and small enough for additions */

/* ---- text or binary -------------------------------------------------------------------------- */

/* The length of the UTF-8 character that begins with the byte `c`; 0: not valid. */
static size_t
character_len(unsigned char c)
{
	return c < 0x80		     ? 1
	     : c >= 0xc2 && c < 0xe0 ? 2
	     : c >= 0xe0 && c < 0xf0 ? 3
	     : c >= 0xf0 && c < 0xf5 ? 4
				     : 0;
}

/* The end of the valid text that begins at `at`: `len`, or the first invalid byte. */
static size_t
text_end(const unsigned char *data, size_t at, size_t len)
{
	while (at < len) {
		size_t n = character_len(data[at]);

		if (n == 0 || n > len - at)
			break;
		if (n == 1 && data[at] < ' ' && strchr("\t\n\r\f\b\033", data[at]) == NULL)
			break;
		if (data[at] == 0)
			break;
		for (size_t i = 1; i < n; i++)
			if ((data[at + i] & 0xc0) != 0x80)
				return at;
		at += n;
	}
	return at;
}

bool
fetched_is_text(const struct fetched *fetched, size_t *from, size_t *to)
{
	const unsigned char *data = (const unsigned char *)fetched->data;
	bool whole_end =
	    fetched->total >= 0 && fetched->offset + (int64_t)fetched->len >= fetched->total;
	size_t left;

	*from = 0;
	while (fetched->offset > 0 && *from < fetched->len && *from < 3 &&
	       (data[*from] & 0xc0) == 0x80)
		(*from)++;
	*to = text_end(data, *from, fetched->len);
	left = fetched->len - *to;
	/* A character may be cut at the end of the part, but not at the end of the file. */
	return left == 0 || (!whole_end && left < 4 && character_len(data[*to]) > left);
}

/* ---- the answer ------------------------------------------------------------------------------ */

/* The number of bytes in an answer for the content, without the other lines. */
static int64_t
room(struct mcp_call *call, const struct place *place)
{
	int64_t most = mcp_number(call, MCP_NUM_MAX_TEXT) - 2 * (int64_t)strlen(place->shown) - 300;

	return most < READ_LEAST ? READ_LEAST : most > READ_MAX ? READ_MAX : most;
}

static bool
encoding_is(struct mcp_call *call, const char *encoding)
{
	const char *given = mcp_arg(call, "encoding");

	return given != NULL && strcmp(given, encoding) == 0;
}

static void
say_range(struct mcp_call *call, const struct place *place, const struct fetched *fetched,
	  const char *as)
{
	long long first = (long long)fetched->offset, n = (long long)fetched->len;

	if (n == 0)
		mcp_say(call, "%s is empty.", place->shown);
	else if (fetched->total == n)
		mcp_say(call, "%s: all %lld bytes%s", place->shown, n, as);
	else if (fetched->total < 0)
		mcp_say(call, "%s: bytes %lld-%lld, total size unknown%s", place->shown, first,
			first + n - 1, as);
	else
		mcp_say(call, "%s: bytes %lld-%lld of %lld%s", place->shown, first, first + n - 1,
			(long long)fetched->total, as);
}

/* Writes the next call. It reads the rest of the requested length that did not fit, otherwise the
 * rest of the file. */
static int
say_next(struct mcp_call *call, const struct place *place, const struct fetched *fetched)
{
	int64_t next = fetched->offset + (int64_t)fetched->len;
	int64_t left = mcp_arg_int(call, "offset", 0) + mcp_arg_int(call, "length", 0) - next;
	const char *encoding = mcp_arg(call, "encoding");
	const char *length = left > 0 ? mcp_printf(call, " length=%lld", (long long)left) : "";
	bool given = encoding != NULL && strcmp(encoding, "auto") != 0;

	if (fetched->total >= 0 && next >= fetched->total)
		return MCP_OK;
	return mcp_say(call, "Next: read_file path=%s offset=%lld%s%s%s",
		       mcp_quoted(call, place->shown), (long long)next, length,
		       given ? " encoding=" : "", given ? encoding : "");
}

/* Is most of this text readable: in another encoding, or with a few invalid bytes? */
static bool
mostly_text(const struct fetched *fetched)
{
	size_t odd = 0;

	for (size_t i = 0; i < fetched->len; i++) {
		unsigned char c = (unsigned char)fetched->data[i];

		if (c == 0)
			return false;
		odd += c >= 0x7f || (c < ' ' && strchr("\t\n\r\f\b\033", c) == NULL);
	}
	return odd <= fetched->len / 8;
}

/* Writes facts about binary content. The bytes themselves would not help a reader. */
static int
say_binary(struct mcp_call *call, const struct place *place, const struct fetched *fetched)
{
	const char *repeated =
	    mcp_repeat(call, (const char *const[]){ "offset", "length", "tail", NULL });
	const char *start = "";

	for (size_t i = 0; i < fetched->len && i < START_BYTES; i++)
		start = mcp_printf(call, "%s%02x ", start, (unsigned char)fetched->data[i]);
	say_range(call, place, fetched,
		  mcp_printf(call, "; the content is not UTF-8 text%s.",
			     mostly_text(fetched) ? ", but may be text in another encoding"
						  : " (binary)"));
	mcp_say(call,
		"The first bytes are %s(hexadecimal). to_file=NAME saves the file on the host.",
		start);
	return mcp_say(call, "Next: read_file path=%s%s%s encoding=%s",
		       mcp_quoted(call, place->shown), repeated != NULL ? " " : "",
		       repeated != NULL ? repeated : "", mostly_text(fetched) ? "text" : "base64");
}

/* each invalid byte becomes three bytes in the text */
static size_t
fitting(const char *data, size_t len, size_t room_)
{
	size_t shown = 0, i = 0;

	while (i < len) {
		size_t end = text_end((const unsigned char *)data, i, len);
		size_t cost = end > i ? 1 : 3;

		end = end > i ? end : i + 1;
		for (; i < end && shown + cost <= room_; i++)
			shown += cost;
		if (i < end)
			break;
	}
	return i;
}

static int
shown(struct mcp_call *call, const struct place *place, const struct fetched *fetched)
{
	struct fetched part = *fetched;
	size_t from, to, most = (size_t)room(call, place);
	bool text = fetched_is_text(fetched, &from, &to);
	const char *base64;

	if (encoding_is(call, "text") && !text) {
		from = 0;
		to = fitting(fetched->data, fetched->len, most);
		text = true;
	}
	if (text && !encoding_is(call, "base64")) {
		part.data += from;
		part.len = to - from;
		part.offset += (int64_t)from;
		say_range(call, place, &part, "");
		if (part.len > 0)
			mcp_say_text(call, part.data, part.len, true);
		return say_next(call, place, &part);
	}
	if (!encoding_is(call, "base64"))
		return say_binary(call, place, fetched);
	if (part.len > most / 4 * 3)
		part.len = most / 4 * 3;
	say_range(call, place, &part, ", in base64");
	if (part.len > 0) {
		base64 = base64_encode(call, part.data, part.len);
		mcp_say_text(call, base64, strlen(base64), true);
	}
	return say_next(call, place, &part);
}

/* ---- into a file of the operator ------------------------------------------------------------- */

static int
saved(struct mcp_call *call, const void *state, size_t len)
{
	const struct mcp_reply *reply = mcp_reply(call, 0);
	const char *file = mcp_arg(call, "to_file");
	struct mcp_words words;
	struct dbx_error error;
	struct place place;

	(void)state;
	(void)len;
	if (!place_argument(call, &place))
		return MCP_E_INPUT;
	words = place_words(call, &place, "read access to the file");
	if (dbx_ok(call, reply, &error))
		return mcp_say(call, "Saved all %llu bytes of %s in the host's file %s.",
			       (unsigned long long)reply->bytes, place.shown, file);
	if (file_refused(reply, file))
		return mcp_fail(call, error.status,
				mcp_printf(call, "The host's file %s cannot be written.", file),
				reply->why, FILE_NEXT);
	return dbx_fail(call, reply, &error, &words);
}

static int
save(struct mcp_call *call, const struct place *place, const struct file_info *info,
     const void *state)
{
	struct mcp_http request;

	(void)state;
	if (!info->found || info->directory)
		return file_fetch_known(call, place, info, 0, 1, shown); /* contains the reason */
	if (!whole_request(call, place, info, &request))
		return MCP_E_INPUT;
	request.reply = MCP_REPLY_FILE;
	request.reply_file = mcp_arg(call, "to_file");
	return mcp_suspend(call, &request, 1, 0, saved, NULL, 0);
}

static int
save_begin(struct mcp_call *call)
{
	struct place place;

	if (!place_of_file(call, &place))
		return MCP_E_INPUT;
	if (place.store == STORE_DBFS)
		return mcp_fail(call, MCP_E_UNSUPPORTED,
				"Files of DBFS cannot be saved in a file of the host.",
				"DBFS returns files only in small encoded blocks.",
				"Copy the file to a volume first, or read parts of it.");
	if (mcp_arg(call, "offset") != NULL || mcp_arg(call, "length") != NULL ||
	    mcp_arg(call, "tail") != NULL)
		return mcp_fail(call, MCP_E_INPUT, "to_file saves the whole file.",
				"offset, length and tail select a part.",
				"Call read_file with path and to_file only.");
	return place_stat(call, 0, save, NULL, 0);
}

/* ---- read_file ------------------------------------------------------------------------------- */

int
read_file(struct mcp_call *call)
{
	int64_t offset = mcp_arg_int(call, "offset", 0), tail = mcp_arg_int(call, "tail", 0);
	int64_t length, most;
	struct place place;

	if (mcp_arg(call, "to_file") != NULL)
		return save_begin(call);
	if (!place_of_file(call, &place))
		return MCP_E_INPUT;
	if (tail > 0 && (offset > 0 || mcp_arg(call, "length") != NULL))
		return mcp_fail(call, MCP_E_INPUT,
				"tail cannot be used together with offset "
				"or length.",
				NULL, "Use tail alone, or offset and length.");
	if (offset > OFFSET_MAX)
		offset = OFFSET_MAX;
	most = room(call, &place);
	length = mcp_arg_int(call, "length", most);
	if (tail > 0)
		length = tail;
	if (length > most)
		length = most;
	return file_fetch(call, tail > 0 ? -length : offset, length, shown);
}
