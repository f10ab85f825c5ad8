/* SPDX-License-Identifier: Apache-2.0 */
/* Replaces core/base/mask.c in the program lakehost-unmasked, which only the test of redaction
 * starts. It shows that each secret of the test would be visible without the masks. */
#define mask_apply mask_apply_of_the_host
#define mask_record mask_record_of_the_host
#define mask_record_needed mask_record_needed_of_the_host
#include "base/mask.c" /* NOLINT(bugprone-suspicious-include): this is the purpose */
#undef mask_apply
#undef mask_record
#undef mask_record_needed

char *mask_apply(const char *text, size_t len, size_t *out_len);
char *mask_record(const char *text, size_t len, size_t *out_len);
bool mask_record_needed(const char *text, size_t len);

char *
mask_apply(const char *text, size_t len, size_t *out_len)
{
	(void)text, (void)len, (void)out_len;
	return NULL;
}

char *
mask_record(const char *text, size_t len, size_t *out_len)
{
	(void)text, (void)len, (void)out_len;
	return NULL;
}

bool
mask_record_needed(const char *text, size_t len)
{
	(void)text, (void)len;
	return false;
}
