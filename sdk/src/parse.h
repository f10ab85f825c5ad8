/* SPDX-License-Identifier: Apache-2.0 */
/* Converts JSON text to json-c trees, within a budget of memory. Unlike json-c's own parser, this
 * parser behaves the same in every version of json-c, keeps the spelling of numbers (an integer
 * beyond 64 bits is a double that is written with all its digits), and counts the memory of the
 * tree while it grows: a reply of 16 MiB could otherwise need 4 GB. The host uses it after its
 * strict gate. Without the gate this parser accepts texts that upstreams send: NaN and Infinity,
 * control characters in strings, lone surrogates and invalid UTF-8 (both become U+FFFD). */
#ifndef LAKEHOST_SDK_PARSE_H
#define LAKEHOST_SDK_PARSE_H

#include <json-c/json.h>
#include <stddef.h>

#define PARSE_DEPTH_MAX 128u
#define PARSE_NUMBER_MAX 4096u	      /* most characters of one number */
#define PARSE_MEMORY_MAX (256u << 20) /* most bytes of a tree, as they are estimated */

enum parse_fault { PARSE_OK, PARSE_BAD, PARSE_TOO_LARGE };
/* Are the names of each object known to differ, because the gate or the host has checked them? Then
 * no name is searched for before it is added. Otherwise the last of two equal names counts. */
enum parse_names { PARSE_NAMES_ANY, PARSE_NAMES_DIFFER };

/* Parses exactly one value, with only white space around it. The caller owns the tree. NULL may
 * also be the value null, so check `fault`. */
struct json_object *parse_json(const char *text, size_t len, size_t memory_max,
			       enum parse_names names, enum parse_fault *fault);
/* The same for an object whose names differ, without one of its members: that whose value is from
 * `hole` to before `behind`. A NULL `hole` leaves out nothing. */
struct json_object *parse_json_without(const char *text, size_t len, size_t memory_max,
				       const char *hole, const char *behind,
				       enum parse_fault *fault);

#endif
