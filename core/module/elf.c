/* SPDX-License-Identifier: Apache-2.0 */
/* Reads ELF64 with pread and checks each offset with the size of the file (System V ABI, "Object
 * Files" and "Program Loading"). Nothing is mapped: if the file becomes shorter meanwhile, the read
 * is short. */
#include "module/elf.h"

#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "module/manifest.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ELF_DATA_HERE ELFDATA2LSB
#else
#define ELF_DATA_HERE ELFDATA2MSB
#endif

/* The ELF header of this program, from the linker. Plugins must be for the same machine. */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

struct elf {
	int fd;
	uint64_t size;
	Elf64_Ehdr head;
	Elf64_Phdr segment[ELF_SEGMENTS_MAX];
	unsigned notes;
	char *manifest;
	size_t manifest_len;
	char *why;
	size_t why_size;
};

__attribute__((format(printf, 3, 4))) static enum plugin_refusal
refuse(const struct elf *elf, enum plugin_refusal refusal, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(elf->why, elf->why_size, format, args);
	va_end(args);
	return refusal;
}

static bool
within(const struct elf *elf, uint64_t offset, uint64_t len)
{
	return offset <= elf->size && len <= elf->size - offset;
}

static bool
read_at(const struct elf *elf, void *out, uint64_t len, uint64_t offset)
{
	char *to = out;

	if (!within(elf, offset, len))
		return false;
	while (len > 0) {
		ssize_t n = pread(elf->fd, to, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		to += n;
		len -= (uint64_t)n;
		offset += (uint64_t)n;
	}
	return true;
}

/* ---- header --------------------------------------------------------------------------------- */

static enum plugin_refusal
check_header(struct elf *elf)
{
	const Elf64_Ehdr *head = &elf->head;

	if (elf->size < EI_NIDENT || !read_at(elf, elf->head.e_ident, EI_NIDENT, 0) ||
	    memcmp(head->e_ident, ELFMAG, SELFMAG) != 0)
		return refuse(elf, PLUGIN_NOT_ELF, "the file has no ELF header");
	if (head->e_ident[EI_CLASS] != ELFCLASS64)
		return refuse(elf, PLUGIN_ARCHITECTURE,
			      "the file has ELF class %d, but this host has ELF class %d",
			      head->e_ident[EI_CLASS], ELFCLASS64);
	if (head->e_ident[EI_DATA] != ELF_DATA_HERE)
		return refuse(elf, PLUGIN_ARCHITECTURE,
			      "the byte order of the file differs from that of this machine");
	if (!read_at(elf, &elf->head, sizeof(elf->head), 0))
		return refuse(elf, PLUGIN_TRUNCATED, "the file ends within the ELF header");
	if (head->e_machine != __ehdr_start.e_machine)
		return refuse(
		    elf, PLUGIN_ARCHITECTURE,
		    "the file is built for ELF machine %d, but this host is ELF machine %d",
		    head->e_machine, __ehdr_start.e_machine);
	if (head->e_type != ET_DYN || head->e_version != EV_CURRENT)
		return refuse(elf, PLUGIN_NOT_ELF,
			      "the file has ELF type %d, which is not a shared object",
			      head->e_type);
	return PLUGIN_OK;
}

/* ---- segments ------------------------------------------------------------------------------- */

static enum plugin_refusal
check_segment(const struct elf *elf, unsigned i)
{
	const Elf64_Phdr *segment = &elf->segment[i];

	if (segment->p_type == PT_NULL || segment->p_type == PT_GNU_STACK)
		return PLUGIN_OK;
	if (!within(elf, segment->p_offset, segment->p_filesz))
		return refuse(
		    elf, PLUGIN_TRUNCATED,
		    "segment %u needs %llu bytes at offset %llu, but the file has %llu bytes", i,
		    (unsigned long long)segment->p_filesz, (unsigned long long)segment->p_offset,
		    (unsigned long long)elf->size);
	if (segment->p_type == PT_LOAD && segment->p_filesz > segment->p_memsz)
		return refuse(elf, PLUGIN_NOT_ELF,
			      "segment %u is larger in the file than in memory", i);
	return PLUGIN_OK;
}

static enum plugin_refusal
check_segments(struct elf *elf)
{
	const Elf64_Ehdr *head = &elf->head;
	enum plugin_refusal refusal;
	bool load = false, dynamic = false;

	if (head->e_phentsize != sizeof(Elf64_Phdr) || head->e_phnum == 0 ||
	    head->e_phnum > ELF_SEGMENTS_MAX)
		return refuse(elf, PLUGIN_NOT_ELF, "the file has %d program headers of %d bytes",
			      head->e_phnum, head->e_phentsize);
	if (!read_at(elf, elf->segment, (uint64_t)head->e_phnum * sizeof(Elf64_Phdr),
		     head->e_phoff))
		return refuse(elf, PLUGIN_TRUNCATED, "the file ends within the program headers");
	for (unsigned i = 0; i < head->e_phnum; i++) {
		refusal = check_segment(elf, i);
		if (refusal != PLUGIN_OK)
			return refusal;
		load |= elf->segment[i].p_type == PT_LOAD;
		dynamic |= elf->segment[i].p_type == PT_DYNAMIC;
	}
	if (!load || !dynamic)
		return refuse(elf, PLUGIN_NOT_ELF, "the file has no segment to load");
	/* Loading does not need the sections, but they are at the end: a file that was not written
	 * completely does not have them. */
	if (head->e_shoff != 0 &&
	    !within(elf, head->e_shoff, (uint64_t)head->e_shnum * head->e_shentsize))
		return refuse(elf, PLUGIN_TRUNCATED, "the file ends within the section headers");
	return PLUGIN_OK;
}

/* ---- notes ---------------------------------------------------------------------------------- */

static uint64_t
padded(uint64_t len, uint64_t align)
{
	return (len + align - 1) / align * align;
}

static enum plugin_refusal
take_manifest(struct elf *elf, uint64_t offset, uint32_t len)
{
	if (elf->manifest != NULL)
		return refuse(elf, PLUGIN_BAD_MANIFEST, "the file has two manifest notes");
	if (len > MANIFEST_BYTES_MAX)
		return refuse(elf, PLUGIN_BAD_MANIFEST,
			      "the manifest note has %u bytes; at most %u are allowed", len,
			      MANIFEST_BYTES_MAX);
	elf->manifest = xmalloc((size_t)len + 1);
	elf->manifest_len = len;
	elf->manifest[len] = '\0';
	if (!read_at(elf, elf->manifest, len, offset))
		return refuse(elf, PLUGIN_TRUNCATED, "the file ends within the manifest note");
	return PLUGIN_OK;
}

/* Reads one note. `used` is its length with padding. */
static enum plugin_refusal
read_note(struct elf *elf, uint64_t at, uint64_t left, uint64_t align, uint64_t *used)
{
	Elf64_Nhdr note;
	char owner[sizeof(MANIFEST_NOTE_OWNER)];
	uint64_t data;

	if (++elf->notes > ELF_NOTES_MAX)
		return refuse(elf, PLUGIN_BAD_MANIFEST, "the file has more than %u notes",
			      ELF_NOTES_MAX);
	if (left < sizeof(note) || !read_at(elf, &note, sizeof(note), at))
		return refuse(elf, PLUGIN_BAD_MANIFEST, "a note is incomplete");
	data = padded(sizeof(note) + note.n_namesz, align);
	*used = padded(data + note.n_descsz, align);
	if (data + note.n_descsz > left)
		return refuse(elf, PLUGIN_BAD_MANIFEST, "a note is longer than its segment");
	if (note.n_type != MANIFEST_NOTE_TYPE || note.n_namesz != sizeof(owner))
		return PLUGIN_OK;
	if (!read_at(elf, owner, sizeof(owner), at + sizeof(note)))
		return refuse(elf, PLUGIN_TRUNCATED, "the file ends within a note");
	if (memcmp(owner, MANIFEST_NOTE_OWNER, sizeof(owner)) != 0)
		return PLUGIN_OK;
	return take_manifest(elf, at + data, note.n_descsz);
}

static enum plugin_refusal
read_notes(struct elf *elf, const Elf64_Phdr *segment)
{
	uint64_t align = segment->p_align == 8 ? 8 : 4, done = 0, used = 0;

	while (done < segment->p_filesz) {
		enum plugin_refusal refusal = read_note(elf, segment->p_offset + done,
							segment->p_filesz - done, align, &used);

		if (refusal != PLUGIN_OK)
			return refusal;
		done += used;
	}
	return PLUGIN_OK;
}

static enum plugin_refusal
find_manifest(struct elf *elf)
{
	for (unsigned i = 0; i < elf->head.e_phnum; i++) {
		enum plugin_refusal refusal;

		if (elf->segment[i].p_type != PT_NOTE)
			continue;
		refusal = read_notes(elf, &elf->segment[i]);
		if (refusal != PLUGIN_OK)
			return refusal;
	}
	if (elf->manifest == NULL)
		return refuse(elf, PLUGIN_NO_MANIFEST,
			      "the file has no note with owner \"%s\"; build the plugin with "
			      "lakehost_add_plugin()",
			      MANIFEST_NOTE_OWNER);
	return PLUGIN_OK;
}

enum plugin_refusal
elf_read_manifest(int fd, char **text, size_t *len, char *why, size_t why_size)
{
	struct elf elf = { .fd = fd, .why = why, .why_size = why_size };
	struct stat stat;
	enum plugin_refusal refusal;

	if (fstat(fd, &stat) != 0 || stat.st_size < 0)
		return refuse(&elf, PLUGIN_NOT_ELF, "%s", strerror(errno));
	elf.size = (uint64_t)stat.st_size;
	refusal = check_header(&elf);
	if (refusal == PLUGIN_OK)
		refusal = check_segments(&elf);
	if (refusal == PLUGIN_OK)
		refusal = find_manifest(&elf);
	if (refusal != PLUGIN_OK) {
		free(elf.manifest);
		return refusal;
	}
	*text = elf.manifest;
	*len = elf.manifest_len;
	return PLUGIN_OK;
}
