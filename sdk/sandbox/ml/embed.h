/* SPDX-License-Identifier: Apache-2.0 */
/* The embedding model of the sandbox: hashed words and trigrams, the same on every machine. */
#ifndef SANDBOX_EMBED_H
#define SANDBOX_EMBED_H

#include "sandbox.h"

#define EMBEDDER "sandbox-embedder" /* its serving endpoint */

enum { EMBED_DIMENSION = 64 };

/* A vector of length 1, or of zeros for a text without words. */
void embed_text(const char *text, float out[EMBED_DIMENSION]);
/* Words of letters and digits. Tokens are counted in such words. */
size_t count_words(const char *text);
/* Does `text` contain this word, ignoring case? */
bool has_word(const char *text, const char *word);
/* Calls fn with each word in lower case. */
void each_word(const char *text, void (*fn)(void *arg, const char *word), void *arg);

#endif
