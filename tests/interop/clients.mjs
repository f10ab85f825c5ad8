// The official TypeScript clients behind one small interface, so that each action is written once.
//
// A row: client, mode, the era and revision it must end up in, and open(target, elicit, changed),
// which connects and returns { client, transport, revision, call(params, options), close() }.
// elicit(params) answers each question that the server asks; changed(params) is told of each change
// of the tools and of a resource.
import { openSync } from 'node:fs';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ElicitRequestSchema, ResourceUpdatedNotificationSchema, ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio';

const INFO = { name: 'lakehost-interop', version: '1.0.0' };
const CAPABILITIES = { elicitation: { form: {} } };

function transportTo(target, Stdio, Http) {
  if (target.url) return new Http(new URL(target.url));
  const [command, ...args] = target.command;
  return new Stdio({ command, args, env: process.env, stderr: openSync(target.log, 'a') });
}

async function openV1(target, elicit, changed) {
  const client = new ClientV1(INFO, { capabilities: CAPABILITIES });
  const transport = transportTo(target, StdioV1, HttpV1);
  let revision;
  const inherited = transport.setProtocolVersion?.bind(transport);
  transport.setProtocolVersion = (version) => {
    revision = version;
    inherited?.(version);
  };
  client.setRequestHandler(ElicitRequestSchema, (request) => elicit(request.params));
  for (const schema of [ToolListChangedNotificationSchema, ResourceUpdatedNotificationSchema]) {
    client.setNotificationHandler(schema, (notification) => changed(notification.params));
  }
  await client.connect(transport);
  const call = (params, options) => client.callTool(params, undefined, options);
  return { client, transport, revision, call, close: () => client.close() };
}

async function openV2(mode, target, elicit, changed) {
  const options = { capabilities: CAPABILITIES, versionNegotiation: { mode } };
  const client = new ClientV2(INFO, options);
  client.setRequestHandler('elicitation/create', (request) => elicit(request.params));
  for (const method of ['notifications/tools/list_changed', 'notifications/resources/updated']) {
    client.setNotificationHandler(method, (notification) => changed(notification.params));
  }
  const transport = transportTo(target, StdioV2, HttpV2);
  await client.connect(transport);
  const revision = client.getNegotiatedProtocolVersion();
  const call = (params, options) => client.callTool(params, options);
  return { client, transport, revision, call, close: () => client.close() };
}

const row = (client, mode, revision, open) => ({ client, mode, revision, open });

export const CLIENTS = [
  row('v1', 'legacy', '2025-11-25', openV1),
  row('v2', 'legacy', '2025-11-25', (...to) => openV2('legacy', ...to)),
  row('v2', 'auto', '2026-07-28', (...to) => openV2('auto', ...to)),
  row('v2', 'pin', '2026-07-28', (...to) => openV2({ pin: '2026-07-28' }, ...to)),
];
