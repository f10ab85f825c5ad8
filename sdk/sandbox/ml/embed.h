/* SPDX-License-Identifier: Apache-2.0 */
/* The embedding model of the sandbox. It hashes words and trigrams, and gives the same result on
 * every machine. */
#ifndef SANDBOX_EMBED_H
#define SANDBOX_EMBED_H

#include "sandbox.h"

#define EMBEDDER "sandbox-embedder" /* its serving endpoint */

enum { EMBED_DIMENSION = 64 };

/* Makes a vector of length 1; for a text without words, a vector of zeros. */
void embed_text(const char *text, float out[EMBED_DIMENSION]);
/* Counts words of letters and digits. Such words are the tokens of the model. */
size_t count_words(const char *text);
/* Does `text` contain this word, ignoring case? */
bool has_word(const char *text, const char *word);
/* Calls fn with each word in lower case. */
void each_word(const char *text, void (*fn)(void *arg, const char *word), void *arg);

#endif
