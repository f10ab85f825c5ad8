// The official TypeScript server with one tool, its schema built once.
//
//	node server.mjs stdio | http PORT
import http from 'node:http';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { z } from 'zod/v4';

const schema = z.object({ text: z.string() });

function make() {
	const server = new McpServer({ name: 'peer', version: '1' });
	server.registerTool('echo', { description: 'Echo', inputSchema: schema },
	    ({ text }) => ({ content: [{ type: 'text', text }] }));
	return server;
}

if (process.argv[2] === 'stdio') {
	const { serveStdio } = await import('@modelcontextprotocol/server/stdio');
	serveStdio(make);
} else {
	const { toNodeHandler } = await import('@modelcontextprotocol/node');
	const handle = toNodeHandler(createMcpHandler(make, { responseMode: 'auto' }));
	http.createServer((request, response) => handle(request, response))
	    .listen(Number(process.argv[3]), '127.0.0.1');
}
