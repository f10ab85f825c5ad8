/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of DBFS, volumes and the Files API, and secrets. */
#include "test/expect.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#define DBFS "/api/2.0/dbfs/"
#define FILES "/api/2.0/fs/files/Volumes/main/default/exports"
#define DIRS "/api/2.0/fs/directories/Volumes/main/default/exports"
#define VOLUMES "/api/2.1/unity-catalog/volumes"
#define SECRETS "/api/2.0/secrets/"
#define INVALID "INVALID_PARAMETER_VALUE"
#define MISSING "RESOURCE_DOES_NOT_EXIST"
#define EXISTS "RESOURCE_ALREADY_EXISTS"

enum { MIB = 1024 * 1024 };

/* ---- DBFS ---- */

static void
put_dbfs(const char *path, size_t len, bool overwrite, long status, const char *code)
{
	char *bytes = calloc(1, len + 1), *content, *body;

	memset(bytes, 'x', len);
	content = base64(bytes, len);
	body = text_of("{\"path\": \"%s\", \"contents\": \"%s\", \"overwrite\": %s}", path, content,
		       overwrite ? "true" : "false");
	expect("POST", DBFS "put", body, status, code);
	free(body);
	free(content);
	free(bytes);
}

static void
test_dbfs_limits(void)
{
	struct answer *a;

	put_dbfs("/limit", MIB - 1, false, 200, NULL);
	put_dbfs("/limit", MIB, true, 200, NULL);
	put_dbfs("/limit", MIB + 1, true, 400, "MAX_BLOCK_SIZE_EXCEEDED");
	expect_text(DBFS "get-status?path=/limit", "file_size", "1048576");
	a = fetch("GET", DBFS "read?path=/limit", NULL);
	CU_ASSERT_EQUAL(int_at(a, "bytes_read"), MIB / 2);
	answer_free(a);
	a = fetch("GET", DBFS "read?path=/limit&length=1048576&offset=1", NULL);
	CU_ASSERT_EQUAL(int_at(a, "bytes_read"), MIB - 1);
	answer_free(a);
	expect("GET", DBFS "read?path=/limit&length=1048577", NULL, 400, "MAX_READ_SIZE_EXCEEDED");
	expect_text(DBFS "read?path=/limit&offset=1048576", "bytes_read", "0");
	expect("GET", DBFS "read?path=/limit&offset=-1", NULL, 400, INVALID);
	expect("GET", DBFS "read?path=/FileStore", NULL, 400, INVALID);
	expect("GET", DBFS "read?path=/none", NULL, 404, MISSING);
}

static void
test_dbfs_handles(void)
{
	struct answer *a = fetch("POST", DBFS "create", "{\"path\": \"/deep/er/file\"}");
	long long handle = int_at(a, "handle");
	char body[256];

	answer_free(a);
	snprintf(body, sizeof(body), "{\"handle\": %lld, \"data\": \"aGVsbG8g\"}", handle);
	expect("POST", DBFS "add-block", body, 200, NULL);
	expect("GET", DBFS "get-status?path=/deep/er/file", NULL, 404, MISSING);
	snprintf(body, sizeof(body), "{\"handle\": %lld, \"data\": \"d29ybGQ=\"}", handle);
	expect("POST", DBFS "add-block", body, 200, NULL);
	snprintf(body, sizeof(body), "{\"handle\": %lld, \"data\": \"*\"}", handle);
	expect("POST", DBFS "add-block", body, 400, "MALFORMED_REQUEST");
	snprintf(body, sizeof(body), "{\"handle\": %lld}", handle);
	expect("POST", DBFS "close", body, 200, NULL);
	expect("POST", DBFS "close", body, 404, MISSING);
	expect_text(DBFS "read?path=/deep/er/file", "data", "aGVsbG8gd29ybGQ=");
	expect("POST", DBFS "create", "{\"path\": \"/deep/er/file\"}", 400, EXISTS);
	expect("POST", DBFS "create", "{\"path\": \"/deep/er\", \"overwrite\": true}", 400, EXISTS);
	expect("POST", DBFS "create", "{\"path\": \"/deep/er/file/x\"}", 400, EXISTS);
}

static void
test_dbfs_block_limit(void)
{
	struct answer *a = fetch("POST", DBFS "create", "{\"path\": \"/blocks\"}");
	long long handle = int_at(a, "handle");
	char *bytes = calloc(1, MIB + 1);

	answer_free(a);
	for (size_t len = MIB - 1; len <= MIB + 1; len++) {
		char *data = base64(bytes, len);
		char *body = text_of("{\"handle\": %lld, \"data\": \"%s\"}", handle, data);

		expect("POST", DBFS "add-block", body, len <= MIB ? 200 : 400, NULL);
		free(body);
		free(data);
	}
	free(bytes);
	bytes = text_of("{\"handle\": %lld}", handle);
	expect("POST", DBFS "close", bytes, 200, NULL);
	free(bytes);
	expect_text(DBFS "get-status?path=/blocks", "file_size", "2097151");
}

static void
test_dbfs_tree(void)
{
	struct answer *a = fetch("GET", DBFS "list?path=/FileStore", NULL);

	CU_ASSERT_EQUAL(count_at(a, "files"), 2);
	CU_ASSERT_STRING_EQUAL(text_at(a, "files[1].path"), "/FileStore/tables");
	CU_ASSERT_STRING_EQUAL(text_at(a, "files[1].is_dir"), "true");
	answer_free(a);
	a = fetch("GET", DBFS "list?path=dbfs:/FileStore/readme.txt", NULL);
	CU_ASSERT_EQUAL(count_at(a, "files"), 1);
	answer_free(a);
	expect("POST", DBFS "mkdirs", "{\"path\": \"/t/a/b\"}", 200, NULL);
	expect("POST", DBFS "mkdirs", "{\"path\": \"/t/a/b\"}", 200, NULL);
	a = fetch("GET", DBFS "list?path=/t/a/b", NULL);
	CU_ASSERT_STRING_EQUAL(a->text, "{}");
	answer_free(a);
	put_dbfs("/t/a/f", 3, false, 200, NULL);
	put_dbfs("/t/a/f", 3, false, 400, EXISTS);
	expect("POST", DBFS "mkdirs", "{\"path\": \"/t/a/f/x\"}", 400, EXISTS);
	expect("POST", DBFS "move", "{\"source_path\": \"/t/a/f\", \"destination_path\": \"/t/g\"}",
	       200, NULL);
	expect("POST", DBFS "move", "{\"source_path\": \"/t/a\", \"destination_path\": \"/t/g\"}",
	       400, EXISTS);
	expect("POST", DBFS "move", "{\"source_path\": \"/t\", \"destination_path\": \"/t/a/x\"}",
	       400, INVALID);
	expect("POST", DBFS "move", "{\"source_path\": \"/no\", \"destination_path\": \"/t/x\"}",
	       404, MISSING);
	expect("POST", DBFS "delete", "{\"path\": \"/t\"}", 400, "IO_ERROR");
	expect("POST", DBFS "delete", "{\"path\": \"/t\", \"recursive\": true}", 200, NULL);
	expect("POST", DBFS "delete", "{\"path\": \"/t\"}", 200, NULL);
	expect("POST", DBFS "delete", "{\"path\": \"/\", \"recursive\": true}", 400, INVALID);
}

/* ---- paths cannot leave the folder ---- */

static void
test_escapes(void)
{
	static const char *const tricks[] = {
		"/../default/state.db",
		"/a/../../state.db",
		"/./x",
		"state.db",
		"",
		"/Volumes/main/default/landing/readme.md",
	};
	char path[4600], link[256], *text;

	for (size_t i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++) {
		snprintf(path, sizeof(path), DBFS "read?path=%s", tricks[i]);
		expect("GET", path, NULL, 400, INVALID);
	}
	expect("GET", DBFS "read?path=/x%00y", NULL, 400, NULL);
	snprintf(link, sizeof(link), "%s/default/dbfs/link", sandbox.dir);
	CU_ASSERT_EQUAL(symlink("/etc", link), 0);
	expect("GET", DBFS "read?path=/link/passwd", NULL, 400, "IO_ERROR");
	expect("GET", DBFS "list?path=/link", NULL, 400, "IO_ERROR");
	expect("POST", DBFS "delete", "{\"path\": \"/link\", \"recursive\": true}", 200, NULL);
	CU_ASSERT_EQUAL(unlink(link), 0);
	text = calloc(1, 4200);
	memset(text, 'a', 4199);
	for (size_t i = 0; i < 4199; i += 200)
		text[i] = '/';
	snprintf(path, sizeof(path), DBFS "get-status?path=%s", text);
	expect("GET", path, NULL, 400, INVALID);
	free(text);
	expect("GET", FILES "/../../../../etc/passwd", NULL, 400, INVALID);
	expect("GET", FILES "/%2e%2e/landing/readme.md", NULL, 400, INVALID);
	expect("GET", FILES "/..%2flanding/readme.md", NULL, 400, INVALID);
	expect("PUT", FILES "/a%00b", "x", 400, NULL);
	expect("GET", "/api/2.0/fs/files/Volumes/main/default", NULL, 400, INVALID);
	expect("GET", "/api/2.0/fs/files/etc/passwd", NULL, 400, INVALID);
	expect("GET", "/api/2.0/fs/files/Volumes/main/default/none/x", NULL, 404, "NOT_FOUND");
}

/* ---- the Files API ---- */

static void
test_files_write(void)
{
	struct answer *a;

	expect("PUT", FILES "/w/a.txt?overwrite=false", "one", 204, NULL);
	a = call_with("PUT", FILES "/w/a.txt?overwrite=false", "two", NULL, NULL);
	CU_ASSERT(is_error(a, 409, "ALREADY_EXISTS"));
	CU_ASSERT_STRING_EQUAL(text_at(a, "details[0].reason"), "FILES_API_FILE_ALREADY_EXISTS");
	answer_free(a);
	expect("PUT", FILES "/w/a.txt?overwrite=true", "three", 204, NULL);
	expect("PUT", FILES "/w/a.txt", "four", 204, NULL);
	a = fetch("GET", FILES "/w/a.txt", NULL);
	CU_ASSERT_STRING_EQUAL(a->text, "four");
	answer_free(a);
	expect("PUT", FILES "/w?overwrite=true", "x", 409, "ALREADY_EXISTS");
	expect("PUT", FILES "/w/a.txt/b", "x", 409, "ALREADY_EXISTS");
	expect("PUT", FILES "?overwrite=true", "x", 409, "ALREADY_EXISTS");
	expect("PUT", FILES "/w/a.txt?overwrite=maybe", "x", 400, INVALID);
	expect("PUT",
	       FILES "/w/"
		     "k%C3%A4se%20%26%20br%C3%B6t.txt",
	       "x", 204, NULL);
	expect("GET",
	       FILES "/w/"
		     "k%C3%A4se%20%26%20br%C3%B6t.txt",
	       NULL, 200, NULL);
	expect("DELETE", FILES "/w/a.txt", NULL, 204, NULL);
	expect("DELETE", FILES "/w/a.txt", NULL, 404, "NOT_FOUND");
	expect("DELETE", FILES "/w", NULL, 404, "NOT_FOUND");
}

static void
test_files_read(void)
{
	static const char *const range[] = { "Range: bytes=6-10", NULL };
	static const char *const past[] = { "Range: bytes=100-", NULL };
	static const char *const since[] = { "If-Unmodified-Since: Mon, 01 Jan 2024 00:00:00 GMT",
					     NULL };
	struct answer *a;

	expect("PUT", FILES "/r.txt", "hello world", 204, NULL);
	a = call_with("GET", FILES "/r.txt", NULL, NULL, range);
	CU_ASSERT_EQUAL(a->status, 206);
	CU_ASSERT_STRING_EQUAL(a->text, "world");
	CU_ASSERT(has_header(a, "Content-Range", "bytes 6-10/11"));
	answer_free(a);
	a = call_with("GET", FILES "/r.txt", NULL, NULL, past);
	CU_ASSERT_EQUAL(a->status, 416);
	answer_free(a);
	a = call_with("GET", FILES "/r.txt", NULL, NULL, since);
	CU_ASSERT_EQUAL(a->status, 412);
	answer_free(a);
	a = fetch("HEAD", FILES "/r.txt", NULL);
	CU_ASSERT(has_header(a, "Content-Length", "11"));
	CU_ASSERT(has_header(a, "Last-Modified", NULL));
	CU_ASSERT_EQUAL(a->len, 0);
	answer_free(a);
	expect("HEAD", FILES "/none", NULL, 404, NULL);
	expect("HEAD", DIRS, NULL, 200, NULL);
	expect("HEAD", DIRS "/r.txt", NULL, 404, NULL);
	expect("GET", FILES "/none", NULL, 404, "NOT_FOUND");
	expect("GET", FILES "?x=1", NULL, 404, "NOT_FOUND");
}

static void
test_directories(void)
{
	char path[256] = DIRS "/d?page_size=2";
	struct answer *a;
	size_t total = 0;
	int pages = 0;

	expect("PUT", DIRS "/d/e/f", NULL, 204, NULL);
	expect("PUT", DIRS "/d/e/f", NULL, 204, NULL);
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), FILES "/d/%d.txt", i);
		expect("PUT", path, "x", 204, NULL);
	}
	expect("PUT", DIRS "/d/1.txt", NULL, 409, "ALREADY_EXISTS");
	snprintf(path, sizeof(path), "%s", DIRS "/d?page_size=2");
	do {
		a = fetch("GET", path, NULL);
		total += count_at(a, "contents");
		snprintf(path, sizeof(path), DIRS "/d?page_size=2&page_token=%s",
			 text_at(a, "next_page_token"));
		pages++;
		if (pages == 3)
			CU_ASSERT_STRING_EQUAL(text_at(a, "contents[0].name"), "e");
		if (pages == 1)
			CU_ASSERT_EQUAL(int_at(a, "contents[0].file_size"), 1);
		CU_ASSERT_EQUAL(pages == 3, at(a->json, "next_page_token") == NULL);
		answer_free(a);
	} while (pages < 3);
	CU_ASSERT_EQUAL(total, 5);
	a = call_with("DELETE", DIRS "/d", NULL, NULL, NULL);
	CU_ASSERT(is_error(a, 400, INVALID));
	CU_ASSERT_STRING_EQUAL(text_at(a, "details[0].reason"), "FILES_API_DIRECTORY_IS_NOT_EMPTY");
	CU_ASSERT_PTR_NOT_NULL(at(a->json, "details[0].metadata"));
	answer_free(a);
	expect("DELETE", DIRS "/d/e/f", NULL, 204, NULL);
	expect("DELETE", DIRS "/d/e/f", NULL, 404, "NOT_FOUND");
	expect("DELETE", DIRS, NULL, 400, INVALID);
	a = fetch("GET", DIRS "/d/e", NULL);
	CU_ASSERT_STRING_EQUAL(a->text, "{}");
	answer_free(a);
	expect("GET", DIRS "/d/1.txt", NULL, 404, "NOT_FOUND");
	expect("GET", DIRS "/none", NULL, 404, "NOT_FOUND");
}

/* Sends the headers of a PUT of 1000000 bytes and `sent` bytes of its body, then disconnects. */
static void
abort_upload(size_t sent)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	const char *port = strrchr(sandbox.host, ':');
	char *head = text_of("PUT " FILES "/aborted.bin?overwrite=true HTTP/1.1\r\nHost: 127.0.0.1"
			     "\r\nAuthorization: Bearer %s\r\nContent-Length: 1000000\r\n\r\n",
			     sandbox.token);
	char *bytes = calloc(1, sent + 1);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_port = htons((uint16_t)atoi(port + 1));
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CU_ASSERT_EQUAL(connect(fd, (void *)&addr, sizeof(addr)), 0);
	CU_ASSERT_EQUAL(send(fd, head, strlen(head), MSG_NOSIGNAL), (ssize_t)strlen(head));
	CU_ASSERT_EQUAL(send(fd, bytes, sent, MSG_NOSIGNAL), (ssize_t)sent);
	close(fd);
	free(head);
	free(bytes);
}

static void
test_aborted_upload(void)
{
	abort_upload(0);
	abort_upload(1);
	abort_upload(300000);
	CU_ASSERT(becomes_empty("tmp"));
	expect("GET", FILES "/aborted.bin", NULL, 404, "NOT_FOUND");
}

static void
test_multipart_fallback(void)
{
	struct answer *a = fetch("POST", FILES "/p.bin?action=initiate-upload", "{}");

	CU_ASSERT(*text_at(a, "multipart_upload.session_token") != '\0');
	answer_free(a);
	a = post("/api/2.0/fs/create-upload-part-urls", "{}");
	CU_ASSERT(is_error(a, 403, "PERMISSION_DENIED"));
	CU_ASSERT_STRING_EQUAL(text_at(a, "details[0].reason"), "FILES_API_API_IS_NOT_ENABLED");
	answer_free(a);
	expect("POST", "/api/2.0/fs/create-download-url?path=/x", NULL, 404, "ENDPOINT_NOT_FOUND");
}

static void
test_volumes(void)
{
	static const char NEW[] =
	    "{\"catalog_name\": \"main\", \"schema_name\": \"default\","
	    " \"name\": \"Scratch\", \"volume_type\": \"MANAGED\", \"comment\": \"c\"}";
	struct answer *a = fetch("GET", VOLUMES "?catalog_name=main&schema_name=default", NULL);

	CU_ASSERT_EQUAL(count_at(a, "volumes"), 3);
	CU_ASSERT_STRING_EQUAL(text_at(a, "volumes[2].volume_type"), "EXTERNAL");
	answer_free(a);
	a = fetch("GET", VOLUMES "?catalog_name=main&schema_name=default&max_results=2", NULL);
	CU_ASSERT_EQUAL(count_at(a, "volumes"), 2);
	CU_ASSERT(*text_at(a, "next_page_token") != '\0');
	answer_free(a);
	expect("GET", VOLUMES "?catalog_name=nix&schema_name=default", NULL, 404,
	       "CATALOG_DOES_NOT_EXIST");
	expect("GET", VOLUMES "?catalog_name=main&schema_name=nix", NULL, 404,
	       "SCHEMA_DOES_NOT_EXIST");
	expect("POST", VOLUMES, NEW, 200, NULL);
	expect("POST", VOLUMES, NEW, 409, "VOLUME_ALREADY_EXISTS");
	expect("PUT", "/api/2.0/fs/files/Volumes/Main/default/scratch/x", "1", 204, NULL);
	expect_text(VOLUMES "/main.default.scratch", "full_name", "main.default.scratch");
	expect("PATCH", VOLUMES "/main.default.scratch", "{\"new_name\": \"kept\"}", 200, NULL);
	expect("GET", "/api/2.0/fs/files/Volumes/main/default/kept/x", NULL, 200, NULL);
	expect("GET", VOLUMES "/main.default.scratch", NULL, 404, "VOLUME_DOES_NOT_EXIST");
	expect("DELETE", VOLUMES "/main.default.kept", NULL, 200, NULL);
	expect("GET", "/api/2.0/fs/files/Volumes/main/default/kept/x", NULL, 404, "NOT_FOUND");
}

/* ---- secrets ---- */

static void
test_secrets(void)
{
	struct answer *a = fetch("GET", SECRETS "scopes/list", NULL);

	CU_ASSERT_EQUAL(count_at(a, "scopes"), 3);
	CU_ASSERT_STRING_EQUAL(text_at(a, "scopes[2].backend_type"), "AZURE_KEYVAULT");
	answer_free(a);
	a = fetch("GET", SECRETS "list?scope=app", NULL);
	CU_ASSERT_EQUAL(count_at(a, "secrets"), 2);
	CU_ASSERT(int_at(a, "secrets[0].last_updated_timestamp") > 0);
	CU_ASSERT(strstr(a->text, "sandbox-api-key") == NULL);
	answer_free(a);
	expect_text(SECRETS "get?scope=app&key=api-key", "value",
		    "c2FuZGJveC1hcGkta2V5LTEyMzQ1Ng==");
	expect("GET", SECRETS "get?scope=app&key=none", NULL, 404, MISSING);
	expect("GET", SECRETS "list?scope=none", NULL, 404, MISSING);
	expect("GET", SECRETS "list?scope=restricted", NULL, 403, "PERMISSION_DENIED");
	expect("POST", SECRETS "put",
	       "{\"scope\": \"app\", \"key\": \"n\", \"string_value\": \"v\"}", 200, NULL);
	expect("POST", SECRETS "put",
	       "{\"scope\": \"app\", \"key\": \"n\", \"bytes_value\": \"AAEC\"}", 200, NULL);
	expect_text(SECRETS "get?scope=app&key=n", "value", "AAEC");
	expect("POST", SECRETS "put",
	       "{\"scope\": \"app\", \"key\": \"n\", \"string_value\":"
	       " \"v\", \"bytes_value\": \"AAEC\"}",
	       400, "MALFORMED_REQUEST");
	expect("POST", SECRETS "put", "{\"scope\": \"app\", \"key\": \"n\"}", 400,
	       "MALFORMED_REQUEST");
	expect("POST", SECRETS "put",
	       "{\"scope\": \"app\", \"key\": \"a/b\", \"string_value\":"
	       " \"v\"}",
	       400, INVALID);
	expect("POST", SECRETS "put",
	       "{\"scope\": \"vault\", \"key\": \"n\", \"string_value\":"
	       " \"v\"}",
	       400, "BAD_REQUEST");
	expect("POST", SECRETS "delete", "{\"scope\": \"app\", \"key\": \"n\"}", 200, NULL);
	expect("POST", SECRETS "delete", "{\"scope\": \"app\", \"key\": \"n\"}", 404, MISSING);
}

static void
test_secret_limits(void)
{
	char *value = calloc(1, 128 * 1024 + 2), *body, key[160];

	expect("POST", SECRETS "scopes/create", "{\"scope\": \"limits\"}", 200, NULL);
	expect("POST", SECRETS "scopes/create", "{\"scope\": \"limits\"}", 400, EXISTS);
	for (size_t len = 128 * 1024 - 1; len <= 128 * 1024 + 1; len++) {
		memset(value, 'v', len);
		body = text_of("{\"scope\": \"limits\", \"key\": \"k\", \"string_value\": \"%s\"}",
			       value);
		expect("POST", SECRETS "put", body, len <= 128 * 1024 ? 200 : 400, NULL);
		free(body);
	}
	free(value);
	for (int len = 127; len <= 129; len++) {
		memset(key, 'k', sizeof(key));
		body = text_of("{\"scope\": \"limits\", \"key\": \"%.*s\", \"string_value\":"
			       " \"v\"}",
			       len, key);
		expect("POST", SECRETS "put", body, len <= 128 ? 200 : 400, NULL);
		free(body);
	}
	for (int i = 3; i < 1000; i++) {
		body = text_of("{\"scope\": \"limits\", \"key\": \"k%d\", \"string_value\": \"v\"}",
			       i);
		expect("POST", SECRETS "put", body, 200, NULL);
		free(body);
	}
	expect("POST", SECRETS "put",
	       "{\"scope\": \"limits\", \"key\": \"more\", \"string_value\":"
	       " \"v\"}",
	       400, "RESOURCE_LIMIT_EXCEEDED");
	expect("POST", SECRETS "put",
	       "{\"scope\": \"limits\", \"key\": \"k3\", \"string_value\":"
	       " \"again\"}",
	       200, NULL);
	expect("POST", SECRETS "scopes/delete", "{\"scope\": \"limits\"}", 200, NULL);
	expect("GET", SECRETS "list?scope=limits", NULL, 404, MISSING);
}

static void
test_secret_acls(void)
{
	struct answer *a = fetch("GET", SECRETS "acls/list?scope=app", NULL);

	CU_ASSERT_STRING_EQUAL(text_at(a, "items[0].principal"), "users");
	answer_free(a);
	expect("POST", SECRETS "scopes/create", "{\"scope\": \"mine\"}", 200, NULL);
	expect_text(SECRETS "acls/get?scope=mine&principal=ann@example.com", "permission",
		    "MANAGE");
	expect("POST", SECRETS "acls/put",
	       "{\"scope\": \"mine\", \"principal\":"
	       " \"bob@example.com\", \"permission\": \"READ\"}",
	       200, NULL);
	expect("POST", SECRETS "acls/put",
	       "{\"scope\": \"mine\", \"principal\": \"x\","
	       " \"permission\": \"ALL\"}",
	       400, INVALID);
	expect("POST", SECRETS "acls/delete",
	       "{\"scope\": \"mine\", \"principal\":"
	       " \"ann@example.com\"}",
	       200, NULL);
	expect("GET", SECRETS "list?scope=mine", NULL, 403, "PERMISSION_DENIED");
}

/* Only the owner can read the stored files. */
static void
test_secrets_at_rest(void)
{
	char path[256];
	struct stat st;

	snprintf(path, sizeof(path), "%s/default/state.db", sandbox.dir);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 077, 0);
}

void
add_file_suite(void)
{
	CU_pSuite suite = CU_add_suite("files", NULL, NULL);

	CU_add_test(suite, "DBFS limits", test_dbfs_limits);
	CU_add_test(suite, "DBFS handles", test_dbfs_handles);
	CU_add_test(suite, "DBFS block limit", test_dbfs_block_limit);
	CU_add_test(suite, "DBFS tree", test_dbfs_tree);
	CU_add_test(suite, "escapes", test_escapes);
	CU_add_test(suite, "files write", test_files_write);
	CU_add_test(suite, "files read", test_files_read);
	CU_add_test(suite, "directories", test_directories);
	CU_add_test(suite, "aborted upload", test_aborted_upload);
	CU_add_test(suite, "multipart fallback", test_multipart_fallback);
	CU_add_test(suite, "volumes", test_volumes);
	CU_add_test(suite, "secrets", test_secrets);
	CU_add_test(suite, "secret limits", test_secret_limits);
	CU_add_test(suite, "secret permissions", test_secret_acls);
	CU_add_test(suite, "secrets at rest", test_secrets_at_rest);
}
