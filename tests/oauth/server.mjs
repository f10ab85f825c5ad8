// The authorization server: npm oidc-provider, with dynamic registration, client-id metadata
// documents and resource indicators (RFC 8707). Its user is "ann", who agrees to everything.
//
// start(resource) returns { issuer, knobs, stop, restart }. The knobs change what it does later:
//   ttl       seconds that an access token is valid
//   refresh   whether a client gets a refresh token
//   faults    { path: answer }: that path answers so instead; see FAULTS
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

export const SCOPES = ['lake.read', 'lake.write'];
export const CLIENT_DOCUMENT = 'https://client.test/oauth/client.json';
export const REDIRECT = 'http://127.0.0.1:1/callback'; // nothing listens: the test reads the URL

export const CLIENT = {
  client_name: 'Lakehost test',
  application_type: 'native',
  redirect_uris: [REDIRECT],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};

// What a broken or foreign server may answer.
export const FAULTS = {
  'HTTP 500': (response) => response.writeHead(500).end('oops'),
  'a page in HTML': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
  'an empty body': (response) => response.writeHead(200).end(),
  'no usable key': (response) => response.writeHead(200).end('{"keys":[]}'),
  'a redirect': (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
  'a megabyte': (response) => response.writeHead(200).end(`{"keys":[${' '.repeat(1 << 20)}]}`),
  'half a reply': (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{"keys":[');
    setImmediate(() => response.destroy());
  },
};

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
}

function configuration(knobs, keys) {
  return {
    jwks: { keys },
    clientDefaults: { id_token_signed_response_alg: 'RS256' },
    scopes: ['openid', 'offline_access', ...SCOPES],
    claims: { openid: ['sub'] },
    cookies: { keys: ['for tests'] },
    issueRefreshToken: () => knobs.refresh,
    rotateRefreshToken: false,
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    fetch: (url) => {
      const body = JSON.stringify({ ...CLIENT, client_id: CLIENT_DOCUMENT });
      knobs.documents.push(String(url));
      return new Response(body, { headers: { 'content-type': 'application/json' } });
    },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (ctx, resource) => ({
          scope: SCOPES.join(' '),
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: knobs.ttl,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
}

// The user logs in, and agrees to all that is asked for.
async function interact(provider, request, response) {
  const { params, prompt, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: 'ann' } });
  }
  const grant = grantId ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: 'ann', clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  for (const [resource, scopes] of Object.entries(prompt.details.missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  return provider.interactionFinished(request, response,
    { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

// A client registers with the scope of the first challenge. Some servers bind it to that for ever, so
// that it can never ask for more; this one is told to leave that out.
async function withoutScope(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const { scope, ...rest } = JSON.parse(Buffer.concat(chunks).toString());
  request.body = rest;
}

export async function start(port = 0) {
  const knobs = { ttl: 3600, refresh: false, faults: {}, documents: [], asked: [] };
  const http = createServer();
  const listen = (at) => new Promise((resolve) => { http.listen(at, '127.0.0.1', resolve); });
  await listen(port);
  const own = http.address().port;
  const issuer = `http://127.0.0.1:${own}`;
  const keys = [newKey()];
  let provider = new Provider(issuer, configuration(knobs, keys));
  http.on('request', async (request, response) => {
    const path = new URL(request.url, issuer).pathname;
    knobs.asked.push(path);
    if (knobs.faults[path]) return knobs.faults[path](response);
    if (path.startsWith('/interaction/')) return interact(provider, request, response);
    if (path === '/reg') await withoutScope(request);
    return provider.callback()(request, response);
  });
  return {
    issuer,
    knobs,
    stop: () => new Promise((resolve) => { http.close(resolve); http.closeAllConnections(); }),
    restart: () => listen(own),
    // A new key signs; the former one is gone.
    rotate: () => { provider = new Provider(issuer, configuration(knobs, [newKey()])); },
  };
}

// The browser: follows the redirects with the cookies, until the client's own address.
export async function browse(url) {
  const cookies = new Map();
  let at = url;
  for (let i = 0; i < 20; i += 1) {
    if (String(at).startsWith(REDIRECT)) return new URL(at);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (!location) throw new Error(`${at}: ${response.status} ${await response.text()}`);
    at = new URL(location, at);
  }
  throw new Error('too many redirects');
}
