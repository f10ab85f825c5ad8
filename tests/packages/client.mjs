// Connects the official TypeScript client to the lakehost that is installed in a chroot, as a client
// on a user's machine does: it starts the program and talks over standard input and output.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";

const client = new Client({ name: "packages", version: "1.0.0" });
await client.connect(new StdioClientTransport({
	command: "unshare",	// the program finds its files by /proc/self/exe
	args: ["--mount", "--pid", "--fork", "--kill-child", "sh", "-c",
		'mount -t proc proc "$1/proc" && exec chroot "$1" /usr/bin/lakehost', "sh",
		process.argv[2]],
	env: { PATH: process.env.PATH, HOME: "/root", DATABRICKS_HOST: "https://127.0.0.1:1",
		DATABRICKS_TOKEN: "none" },
	stderr: "ignore",
}));
const names = (await client.listTools()).tools.map((tool) => tool.name);
const result = await client.callTool({ name: "get_server_info", arguments: {} });
await client.close();
console.log(client.getServerVersion(), names.length, "tools");
if (!names.includes("execute_sql") || names.includes("get_secret") || result.isError)
	process.exit(1);
