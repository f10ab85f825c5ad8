/* SPDX-License-Identifier: Apache-2.0 */
/* The table of methods. */
#ifndef LAKEHOST_CORE
#error "core only"
#endif
#ifndef CORE_ERA_METHODS_H
#define CORE_ERA_METHODS_H

struct request;
struct result;

/* One method of the table. */
struct method {
	const char *name;
	unsigned eras;	      /* IN_LEGACY, IN_MODERN */
	const char *mirrored; /* the parameter that Mcp-Name repeats, or NULL */
	void (*run)(struct request *request);
	/* For methods that make a call: writes its result as this method's answer. */
	void (*answer)(struct request *request, const struct result *result);
};
/* NULL when that era does not have the method. */
const struct method *method_find(const char *name, unsigned era);

#endif
