// Connects the official TypeScript client to the program in the root file system of the image; the shell
// function `contained` of tests/packages/container starts it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const client = new Client({ name: "container", version: "1.0.0" });
await client.connect(new StdioClientTransport({
	command: "bash",
	args: ["-c", 'contained "$@"', "contained", "/usr/bin/lakehost"],
	env: process.env,
	stderr: "ignore",
}));
const names = (await client.listTools()).tools.map((tool) => tool.name);
await client.close();
console.log(client.getServerVersion(), names.length, "tools");
if (!names.includes("execute_sql") || names.includes("get_secret"))
	process.exit(1);
