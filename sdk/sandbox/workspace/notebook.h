/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A notebook as a list of cells, and its formats: Databricks source files, Jupyter, HTML.
 * https://docs.databricks.com/aws/en/notebooks/notebook-export-import
 */
#ifndef SANDBOX_NOTEBOOK_H
#define SANDBOX_NOTEBOOK_H

#include "sandbox.h"

struct cell {
	char *source;		     /* the text as in the editor, with its %magic line */
	char *title;		     /* or NULL */
	struct json_object *outputs; /* the output objects in the form of Jupyter, or NULL */
};

struct notebook {
	const char *language; /* PYTHON, SQL, SCALA, R */
	struct cell *cells;
	size_t count;
};

/* Returns "PYTHON" for "python", "Python", ...; NULL for an unknown language. */
const char *language_known(const char *name);
const char *language_extension(const char *language); /* "py", "sql", "scala", "r" */
/* The language of a text that begins with a line "Databricks notebook source". NULL for any other
 * text. */
const char *notebook_header(const char *text, size_t len);

void notebook_from_source(const char *text, size_t len, const char *language, struct notebook *out);
bool notebook_from_jupyter(const char *text, size_t len, struct notebook *out);
void notebook_fini(struct notebook *notebook);

void notebook_to_source(const struct notebook *notebook, struct buf *out);
struct json_object *notebook_to_jupyter(const struct notebook *notebook, const char *name,
					bool outputs);
void notebook_to_html(const struct notebook *notebook, const char *name, struct buf *out);
void html_escape(struct buf *out, const char *text, size_t len);

/* The language of a cell: "python", "sql", "scala", "r", "md", "sh", "run", ... and the start of
 * its text (after the magic line). */
void cell_language(const struct notebook *notebook, const struct cell *cell, char language[16],
		   const char **text);

#endif
