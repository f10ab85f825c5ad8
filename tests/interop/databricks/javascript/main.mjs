// SPDX-License-Identifier: Apache-2.0
// Lists, waits, reads and writes with the official Databricks SDK for JavaScript. Last line: N
// passed, N failed.
import { createRequire } from "node:module";

const require = createRequire(`${process.argv[2]}/package.json`);
const { WorkspaceClient, Config } = require("@databricks/sdk-experimental");

const home = "/Users/ann@example.com/";
const landing = "/Volumes/main/default/landing";
const client = new WorkspaceClient(
	new Config({ host: process.env.DATABRICKS_HOST, token: process.env.DATABRICKS_TOKEN }));
let passed = 0;
let failed = 0;

async function all(pages) {
	const found = [];

	for await (const item of pages)
		found.push(item);
	return found;
}

function equal(actual, wanted) {
	if (JSON.stringify(actual) !== JSON.stringify(wanted))
		throw new Error(`${JSON.stringify(actual)} should be ${JSON.stringify(wanted)}`);
}

async function refused(status, code, call) {
	const error = await call().then(() => new Error("it was not refused"), (thrown) => thrown);

	equal([error.statusCode, error.errorCode], [status, code]);
}

async function check(name, body) {
	try {
		await body();
		passed++;
		console.log(`ok      javascript: ${name}`);
	} catch (error) {
		failed++;
		console.log(`FAILED  javascript: ${name}: ${error.stack}`);
	}
}

async function textOf(contents) {
	const parts = [];

	for await (const part of contents)
		parts.push(Buffer.from(part));
	return Buffer.concat(parts).toString();
}

await check("current user", async () => {
	equal((await client.currentUser.me()).userName, "ann@example.com");
});
await check("clusters and warehouses", async () => {
	const clusters = await all(client.clusters.list({ page_size: 5 }));
	const warehouses = await all(client.warehouses.list({}));

	equal([clusters.length > 5, warehouses.length > 0], [true, true]);
});
await check("jobs in pages", async () => {
	const jobs = await all(client.jobs.list({ limit: 7 }));

	equal(jobs.length > 20, true);
	equal((await client.jobs.get({ job_id: 482911 })).settings.tasks.length, 3);
	await refused(400, "INVALID_PARAMETER_VALUE", () => client.jobs.get({ job_id: 1 }));
});
await check("runs in pages", async () => {
	equal((await all(client.jobs.listRuns({ job_id: 482912, limit: 24 }))).length, 60);
});
await check("run now and wait", async () => {
	const waiter = await client.jobs.runNow({ job_id: 482915, job_parameters: { name: "JS" } });
	const run = await waiter.wait();
	const output = await client.jobs.getRunOutput({ run_id: run.tasks[0].run_id });

	equal(run.state.result_state, "SUCCESS");
	equal(output.notebook_output.result, "Hello, JS!");
});
await check("submit and cancel", async () => {
	const submitted = await client.jobs.submit({ run_name: "javascript", tasks: [
		{ task_key: "t", notebook_task: { notebook_path: `${home}long_running` } } ] });
	const run = await (await client.jobs.cancelRun({ run_id: submitted.run_id })).wait();

	equal(run.state.result_state, "CANCELED");
});
await check("commands", async () => {
	const cluster = { clusterId: "sandbox-running", language: "python" };
	const context = await (await client.commandExecution.create(cluster)).wait();
	const command = { ...cluster, contextId: context.id, command: "6 * 7" };
	const ended = await (await client.commandExecution.execute(command)).wait();

	equal(ended.results.data, "42");
	await client.commandExecution.destroy({ clusterId: cluster.clusterId, contextId: context.id });
});
await check("workspace tree", async () => {
	const objects = await all(client.workspace.list({ path: home }));

	equal(objects.some((o) => o.path === `${home}hello` && o.language === "PYTHON"), true);
	await refused(404, "RESOURCE_DOES_NOT_EXIST",
		() => client.workspace.getStatus({ path: "/none" }));
});
await check("import and export", async () => {
	const content = Buffer.from("print('js')").toString("base64");

	await client.workspace.import({ path: `${home}javascript`, format: "SOURCE",
		language: "PYTHON", content, overwrite: true });
	const exported = await client.workspace.export({ path: `${home}javascript`,
		format: "SOURCE" });

	equal(Buffer.from(exported.content, "base64").toString(),
		"# Databricks notebook source\nprint('js')\n");
});
await check("Git folders", async () => {
	equal((await all(client.repos.list({ path_prefix: "/Users" }))).length, 1);
});
await check("DBFS", async () => {
	await client.dbfs.put({ path: "/javascript.txt", overwrite: true,
		contents: Buffer.from("hi").toString("base64") });
	equal((await client.dbfs.read({ path: "/javascript.txt" })).data, "aGk=");
	equal((await all(client.dbfs.list({ path: "/FileStore" }))).length, 2);
});
await check("volumes", async () => {
	// No upload: version 0.17.0 leaves the body of the request empty.
	const answer = await client.files.download({ file_path: `${landing}/readme.md` });

	equal(await textOf(answer.contents),
		"# Landing\n\nFiles from the shops arrive here each night.\n");
	equal((await all(client.files.listDirectoryContents({ directory_path: landing }))).length, 5);
	await refused(400, "INVALID_PARAMETER_VALUE",
		() => client.files.deleteDirectory({ directory_path: `${landing}/2026` }));
	equal((await all(client.volumes.list({ catalog_name: "main", schema_name: "default" })))
		.length, 3);
});
await check("secrets", async () => {
	const value = (await client.secrets.getSecret({ scope: "app", key: "api-key" })).value;

	equal(Buffer.from(value, "base64").toString(), "sandbox-api-key-123456");
	equal((await all(client.secrets.listSecrets({ scope: "app" }))).length, 2);
});

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
