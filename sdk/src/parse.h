/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON text to json-c trees, within a budget of memory. Unlike json-c's own parser it behaves the
 * same in every version of json-c, keeps the spelling of numbers (an integer beyond 64 bits is a
 * double that is written with all its digits), and counts the memory of the tree while it grows: a
 * reply of 16 MiB could otherwise need 4 GB. The host uses it after its strict gate. By itself it
 * accepts what upstreams send: NaN and Infinity, control characters in strings, lone surrogates and
 * invalid UTF-8 (both become U+FFFD).
 */
#ifndef LAKEHOST_SDK_PARSE_H
#define LAKEHOST_SDK_PARSE_H

#include <json-c/json.h>
#include <stddef.h>

#define PARSE_DEPTH_MAX 128u
#define PARSE_NUMBER_MAX 4096u	      /* characters of one number */
#define PARSE_MEMORY_MAX (256u << 20) /* bytes of a tree, as estimated */

enum parse_fault { PARSE_OK, PARSE_BAD, PARSE_TOO_LARGE };

/* Exactly one value, with only white space around it. The tree is new. NULL may also be the value
 * null, so check `fault`. */
struct json_object *parse_json(const char *text, size_t len, size_t memory_max,
			       enum parse_fault *fault);

#endif
