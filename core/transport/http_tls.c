/* SPDX-License-Identifier: Apache-2.0 */
/* TLS of a listener: version 1.3, and version 1.2 with forward secrecy only. */
#include "transport/http_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define PEM_MAX (1u << 20)

static char priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA";

static char *
read_pem(const char *path, char *why, size_t why_size)
{
	struct stat st = { 0 };
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;

	if (fd < 0 || fstat(fd, &st) != 0) {
		snprintf(why, why_size, "cannot read %s: %s",
			 path == NULL ? "the key that belongs to the certificate" : path,
			 path == NULL ? "no key is configured" : strerror(errno));
	} else if (st.st_size <= 0 || st.st_size > (off_t)PEM_MAX) {
		snprintf(why, why_size, "cannot read %s: the file is not in PEM format", path);
	} else {
		text = xcalloc(1, (size_t)st.st_size + 1);
		if (read(fd, text, (size_t)st.st_size) <= 0) {
			snprintf(why, why_size, "cannot read %s: %s", path, strerror(errno));
			free(text);
			text = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	return text;
}

bool
http_tls_load(struct http_tls *tls, const struct config_listener *config, char *why,
	      size_t why_size)
{
	*tls = (struct http_tls){ .option = { { MHD_OPTION_END, 0, NULL } } };
	if (config->tls_certificate == NULL)
		return true;
	tls->certificate = read_pem(config->tls_certificate, why, why_size);
	if (tls->certificate != NULL)
		tls->key = read_pem(config->tls_key, why, why_size);
	if (tls->key == NULL) {
		http_tls_fini(tls);
		return false;
	}
	if (config->tls_client_ca != NULL) {
		tls->client_ca = read_pem(config->tls_client_ca, why, why_size);
		if (tls->client_ca == NULL) {
			http_tls_fini(tls);
			return false;
		}
	}
	tls->option[0] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT, 0, tls->certificate };
	tls->option[1] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key };
	tls->option[2] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0, priorities };
	tls->option[3] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	if (tls->client_ca != NULL) {
		tls->option[3] =
		    (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_TRUST, 0, tls->client_ca };
		tls->option[4] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	}
	return true;
}

void
http_tls_fini(struct http_tls *tls)
{
	free(tls->certificate);
	secret_free(tls->key);
	free(tls->client_ca);
	tls->certificate = tls->key = tls->client_ca = NULL;
}

static enum MHD_Result
nobody(void *data, struct MHD_Connection *connection, const char *url, const char *method,
       const char *version, const char *body, size_t *len, void **state)
{
	(void)data;
	(void)connection;
	(void)url;
	(void)method;
	(void)version;
	(void)body;
	(void)len;
	(void)state;
	return MHD_NO;
}

bool
http_tls_try(const struct config_listener *config, char *why, size_t why_size)
{
	struct MHD_Daemon *daemon;
	struct http_tls tls;

	if (config->tls_certificate == NULL)
		return true;
	if (!http_tls_load(&tls, config, why, why_size))
		return false;
	daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_TLS, 0, NULL,
				  NULL, nobody, NULL, MHD_OPTION_ARRAY, tls.option, MHD_OPTION_END);
	http_tls_fini(&tls);
	if (daemon == NULL)
		snprintf(why, why_size,
			 "%s and %s cannot be used together as certificate and "
			 "key",
			 config->tls_certificate, config->tls_key);
	else
		MHD_stop_daemon(daemon);
	return daemon != NULL;
}
