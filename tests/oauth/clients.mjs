// The official TypeScript clients with a login, behind one small interface.
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { UnauthorizedError as UnauthorizedV1 } from '@modelcontextprotocol/sdk/client/auth.js';
import {
  Client as ClientV2, StreamableHTTPClientTransport as HttpV2, UnauthorizedError as UnauthorizedV2,
} from '@modelcontextprotocol/client';
import { browse, CLIENT, CLIENT_DOCUMENT, REDIRECT } from './server.mjs';

const INFO = { name: 'lakehost-oauth', version: '1.0.0' };

// What a client keeps between two steps of its login. With `document` it has a client-id metadata
// document; else it registers itself.
function newLogin(document) {
  const kept = { asked: [] };
  return {
    kept,
    redirectUrl: REDIRECT,
    clientMetadataUrl: document ? CLIENT_DOCUMENT : undefined,
    clientMetadata: CLIENT,
    clientInformation: () => kept.client,
    saveClientInformation: (client) => { kept.client = client; },
    tokens: () => kept.tokens,
    saveTokens: (tokens) => { kept.tokens = tokens; },
    codeVerifier: () => kept.verifier,
    saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
    redirectToAuthorization: (url) => { kept.asked.push(url); },
  };
}

// Runs `work`; when the client has to log in, the browser does, and `work` runs again.
async function withLogin(session, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof session.Unauthorized)) throw error;
    const back = await browse(session.login.kept.asked.at(-1));
    await session.finish(back);
    session.logins += 1;
    return work();
  }
}

async function open(url, document, kind) {
  const login = newLogin(document);
  const session = { login, logins: 0, Unauthorized: kind.Unauthorized };
  await withLogin({ ...session, finish: (back) => kind.finish(session.transport, back) }, async () => {
    session.transport = new kind.Http(new URL(url), { authProvider: login });
    session.client = new kind.Client(INFO, kind.options);
    await session.client.connect(session.transport);
  });
  session.finish = (back) => kind.finish(session.transport, back);
  session.call = (name, args) => withLogin(session, () => session.client.callTool({ name, arguments: args }));
  session.names = async () => (await session.client.listTools()).tools.map((tool) => tool.name);
  session.close = () => session.client.close();
  return session;
}

const v1 = {
  Client: ClientV1, Http: HttpV1, Unauthorized: UnauthorizedV1, options: {},
  finish: (transport, back) => transport.finishAuth(back.searchParams.get('code')),
};
const v2 = (mode) => ({
  Client: ClientV2, Http: HttpV2, Unauthorized: UnauthorizedV2,
  options: { versionNegotiation: { mode } },
  finish: (transport, back) => transport.finishAuth(back.searchParams),
});

export const CLIENTS = [
  { name: 'v1', open: (url, document) => open(url, document, v1) },
  { name: 'v2 legacy', open: (url, document) => open(url, document, v2('legacy')) },
  { name: 'v2 modern', open: (url, document) => open(url, document, v2({ pin: '2026-07-28' })) },
];
