/* SPDX-License-Identifier: Apache-2.0 */
/* Which requests may be repeated, and when. A request that may have been carried out is repeated
 * only when its class says that this does no harm. 429 means that it was not carried out. */
#include "egress/retry.h"

#include <string.h>

#include "egress/attempt.h"
#include "egress/flight.h"
#include "egress/internal.h"

#define BACKOFF_FIRST_MS 250
#define BACKOFF_MAX_MS 10000
#define JITTER_MS 250 /* random milliseconds that are added to Retry-After */

/* No service was reached, but another attempt may succeed. */
static bool
failed_to_connect(CURLcode rc)
{
	return rc == CURLE_COULDNT_CONNECT || rc == CURLE_COULDNT_RESOLVE_HOST ||
	       rc == CURLE_COULDNT_RESOLVE_PROXY || rc == CURLE_SSL_CONNECT_ERROR ||
	       rc == CURLE_OPERATION_TIMEDOUT;
}

static bool
connection_lost(CURLcode rc)
{
	return rc == CURLE_SEND_ERROR || rc == CURLE_RECV_ERROR || rc == CURLE_GOT_NOTHING ||
	       rc == CURLE_PARTIAL_FILE || rc == CURLE_OPERATION_TIMEDOUT ||
	       rc == CURLE_SEND_FAIL_REWIND || rc == CURLE_HTTP2 || rc == CURLE_HTTP2_STREAM ||
	       rc == CURLE_SSL_CONNECT_ERROR;
}

bool
retry_status(int status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

bool
retry_allowed(const struct retry_case *what)
{
	bool harmless = what->class != MCP_RETRY_NEVER;

	if (what->delivered)
		return false;
	if (what->rc == CURLE_OK)
		return retry_status(what->status) && (harmless || what->status == 429);
	if (what->sent_nothing)
		return failed_to_connect(what->rc) || connection_lost(what->rc);
	return harmless && connection_lost(what->rc);
}

int64_t
retry_after_ms(const struct curl_api *curl, const char *value, int64_t now_wall_ms)
{
	int64_t seconds = 0;
	size_t digits;
	time_t date;

	if (value == NULL)
		return -1;
	value += strspn(value, " \t");
	digits = strspn(value, "0123456789");
	if (digits > 0 && value[digits + strspn(value + digits, " \t")] == '\0') {
		for (size_t i = 0; i < digits && seconds < 1000000; i++)
			seconds = seconds * 10 + (value[i] - '0');
		return (seconds < 1000000 ? seconds : 1000000) * 1000;
	}
	if (digits > 0)
		return -1;
	date = curl->getdate(value, NULL);
	if (date < 0)
		return -1;
	return date * 1000 > now_wall_ms ? date * 1000 - now_wall_ms : 0;
}

int64_t
retry_wait_ms(unsigned n, int64_t after_ms, uint32_t random)
{
	int64_t window = n < 6 ? (int64_t)BACKOFF_FIRST_MS << n : BACKOFF_MAX_MS;

	if (after_ms > EGRESS_RETRY_AFTER_MAX_MS)
		after_ms = EGRESS_RETRY_AFTER_MAX_MS;
	if (after_ms >= 0)
		return after_ms + random % JITTER_MS;
	if (window > BACKOFF_MAX_MS)
		window = BACKOFF_MAX_MS;
	return random % (window + 1);
}

static enum mcp_status
certificate_failure(const struct flight *flight, char *why, size_t why_size)
{
	snprintf(why, why_size,
		 "the certificate of %s is not trusted (%s); if the certificate is right, set "
		 "%s%s.ca_file to the certificate of its authority",
		 flight_target(flight), flight->detail,
		 flight->request.document ? "" : "upstreams.", flight->request.upstream->role);
	return MCP_E_UNAVAILABLE;
}

static enum mcp_status
loss_failure(const struct flight *flight, CURLcode rc, char *why, size_t why_size)
{
	const char *host = flight_target(flight);

	if (rc == CURLE_OPERATION_TIMEDOUT && attempt_sent_nothing(flight)) {
		snprintf(why, why_size, "no connection to %s within %u s", host,
			 flight->request.upstream->connect_timeout_ms / 1000);
		return MCP_E_TIMEOUT;
	}
	if (rc == CURLE_OPERATION_TIMEDOUT) {
		snprintf(why, why_size, "%s sent nothing for %u s", host,
			 (flight->request.timeout_ms + 999) / 1000);
		return MCP_E_TIMEOUT;
	}
	if (attempt_sent_nothing(flight))
		snprintf(why, why_size, "the connection to %s was lost before the request was sent",
			 host);
	else if (flight->request.retry == MCP_RETRY_NEVER)
		snprintf(why, why_size,
			 "the connection to %s was lost after the request was sent: it "
			 "may have been carried out, so it was not repeated",
			 host);
	else
		snprintf(why, why_size, "the connection to %s was lost during the reply", host);
	return MCP_E_UNAVAILABLE;
}

enum mcp_status
failure_describe(const struct flight *flight, CURLcode rc, char *why, size_t why_size)
{
	const char *host = flight_target(flight);

	switch (rc) {
	case CURLE_COULDNT_RESOLVE_HOST:
		snprintf(why, why_size, "the name of %s cannot be resolved; check the host", host);
		return MCP_E_UNAVAILABLE;
	case CURLE_COULDNT_RESOLVE_PROXY:
		snprintf(why, why_size,
			 "the name of the proxy cannot be resolved; check https_proxy");
		return MCP_E_UNAVAILABLE;
	case CURLE_COULDNT_CONNECT:
		snprintf(why, why_size, "no connection to %s: %s", host, flight->detail);
		return MCP_E_UNAVAILABLE;
	case CURLE_PEER_FAILED_VERIFICATION: return certificate_failure(flight, why, why_size);
	case CURLE_SSL_CONNECT_ERROR:
		snprintf(why, why_size, "TLS with %s failed: %s", host, flight->detail);
		return MCP_E_UNAVAILABLE;
	case CURLE_SSL_CACERT_BADFILE:
		snprintf(why, why_size, "the certificate authorities cannot be read: %s",
			 flight->detail);
		return MCP_E_UNAVAILABLE;
	default: break;
	}
	if (connection_lost(rc))
		return loss_failure(flight, rc, why, why_size);
	snprintf(why, why_size, "%s sent an answer that is not valid HTTP (%s)", host,
		 flight->egress->curl->easy_strerror(rc));
	return rc == CURLE_OUT_OF_MEMORY ? MCP_E_INTERNAL : MCP_E_UPSTREAM;
}
