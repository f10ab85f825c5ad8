// Plays the logins and the failures; one line each.
//
//   node main.mjs LAKEHOST FIXTURE.so FOLDER
import assert from 'node:assert/strict';
import { CLIENTS } from './clients.mjs';
import { startHost, until } from './host.mjs';
import { FAULTS, start } from './server.mjs';

const [host, fixture, out] = process.argv.slice(2);
const where = { host, fixture, out };
const counts = { passed: 0, failed: 0 };

async function attempt(label, work) {
  try {
    await work();
    counts.passed += 1;
    console.log(`ok      ${label}`);
    return true;
  } catch (error) {
    counts.failed += 1;
    console.log(`FAILED  ${label}: ${error?.stack ?? error}`);
    return false;
  }
}

const text = (result) => JSON.stringify(result.content);

// ---- logins ----

async function login(as, lake, row, document) {
  const how = document ? 'client-id metadata document' : 'dynamic registration';
  const label = (step) => `${row.name}, ${how}: ${step}`;
  let session;
  Object.assign(as.knobs, { ttl: 3600, refresh: false });
  const fine = await attempt(label('discovery, registration, login, connect'), async () => {
    session = await row.open(lake.url, document);
    assert.equal(session.login.kept.asked.length, 1);
    assert.match(session.login.kept.asked[0].searchParams.get('scope'), /^lake\.read( offline_access)?$/);
    assert.equal(session.login.kept.asked[0].searchParams.get('resource'), lake.url);
    assert.equal(session.login.kept.asked[0].searchParams.get('code_challenge_method'), 'S256');
    if (document) assert.ok(as.knobs.documents.length > 0);
    else assert.ok(as.knobs.asked.includes('/reg'));
  });
  if (!fine) return;
  await attempt(label('a call within the scope'), async () => {
    assert.match(text(await session.call('echo', { text: 'hello' })), /hello/);
    const info = await session.call('get_server_info', {});
    assert.match(text(info), /access: read, principal: ann/);
    assert.equal(session.logins, 0);
  });
  await attempt(label('a tool of a wider scope is listed'), async () => {
    assert.ok((await session.names()).includes('write_report'));
  });
  await attempt(label('step-up: the call asks for the wider scope, and is made'), async () => {
    const done = await session.call('write_report', { polls: 0 });
    assert.ok(!done.isError, text(done));
    assert.equal(session.logins, 1);
    assert.match(session.login.kept.asked.at(-1).searchParams.get('scope'), /\blake\.write\b/);
    assert.match(text(await session.call('get_server_info', {})), /access: write/);
  });
  await attempt(label('expiry and refresh in the middle of the session'), () => expire(as, lake, session));
  await session.close();
}

// The client gets a token that ends soon and a refresh token; the first call after its end succeeds.
async function expire(as, lake, session) {
  Object.assign(as.knobs, { ttl: 1, refresh: true });
  session.login.kept.tokens = { ...session.login.kept.tokens, access_token: 'a.b.c' };
  await session.call('echo', { text: 'again' }).catch(() => {}); // it may be over already
  assert.ok(session.login.kept.tokens.refresh_token, 'there is a refresh token');
  const old = session.login.kept.tokens.access_token;
  as.knobs.ttl = 3600;
  const { headers } = await until('the token ends', async () => {
    const answer = await lake.ask(old);
    return answer.status === 401 && answer;
  });
  assert.match(headers.get('www-authenticate'), /error="invalid_token", error_description="the token has expired"/);
  const before = session.logins;
  assert.match(text(await session.call('echo', { text: 'renewed' })), /renewed/);
  assert.notEqual(session.login.kept.tokens.access_token, old);
  assert.equal(session.logins, before); // without the user
}

async function logins() {
  const as = await start();
  const lake = await startHost(where, as.issuer);
  await lake.isReady();
  await attempt('the metadata, at both places and for any page', async () => {
    for (const path of ['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource']) {
      const response = await fetch(new URL(path, lake.url), { headers: { origin: 'https://any.example' } });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('access-control-allow-origin'), '*');
      const document = await response.json();
      assert.equal(document.resource, lake.url);
      assert.deepEqual(document.authorization_servers, [as.issuer]);
      assert.deepEqual(document.scopes_supported, ['lake.read', 'lake.write']);
    }
  });
  await attempt('a preflight of the metadata', async () => {
    const response = await fetch(new URL('/.well-known/oauth-protected-resource/mcp', lake.url), {
      method: 'OPTIONS',
      headers: { origin: 'https://any.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'mcp-protocol-version' },
    });
    assert.equal(response.status, 204);
    assert.equal(response.headers.get('access-control-allow-headers'), 'mcp-protocol-version');
  });
  for (const row of CLIENTS) {
    for (const document of [false, true]) await login(as, lake, row, document);
  }
  assert.equal(await lake.stop(), 0);
  await as.stop();
}

// ---- failures ----

// A token of this server for this host, by a whole login.
async function tokenFor(lake) {
  const session = await CLIENTS[0].open(lake.url, false);
  await session.close();
  return session.login.kept.tokens.access_token;
}

async function refuses(lake, token, status, why) {
  const answer = await lake.ask(token);
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.text, why);
  return answer;
}

// Without keys nobody is let in; when they come, the host serves without a restart.
async function withoutKeys(as, fault, paths) {
  for (const path of paths) as.knobs.faults[path] = FAULTS[fault];
  const lake = await startHost(where, as.issuer);
  try {
    await until('the failure is in the log', () => lake.text().includes('every request over HTTP is refused'));
    await refuses(lake, 'a.b.c', 503, /keys of the authorization server were not fetched yet/);
    await refuses(lake, undefined, 401, /must log in/);
    assert.equal((await lake.ready()).status, 503);
  } finally {
    as.knobs.faults = {};
    await lake.stop();
  }
}

const METADATA = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

async function failures() {
  const as = await start();
  for (const fault of Object.keys(FAULTS)) {
    await attempt(`keys: ${fault}`, () => withoutKeys(as, fault, ['/jwks']));
    await attempt(`metadata: ${fault}`, () => withoutKeys(as, fault, METADATA));
  }
  await attempt('the authorization server is away at the start, and comes later', async () => {
    await as.stop();
    const lake = await startHost(where, as.issuer);
    await until('the failure is in the log', () => lake.text().includes('every request over HTTP is refused'));
    await refuses(lake, 'a.b.c', 503, /were not fetched yet/);
    await as.restart();
    await lake.isReady();
    await refuses(lake, 'a.b.c', 401, /token/);
    await lake.stop();
  });
  await attempt('the authorization server goes away: its tokens stay valid, others are refused', async () => {
    const lake = await startHost(where, as.issuer);
    await lake.isReady();
    const token = await tokenFor(lake);
    await as.stop();
    assert.equal((await lake.ask(token)).status, 200);
    const [head, claims] = token.split('.');
    await refuses(lake, `${head}.${claims}.${'A'.repeat(342)}`, 401, /signature of the token is wrong/);
    await as.restart();
    await lake.stop();
  });
  await attempt('a new key: the keys are fetched again, and the former key is not accepted any more', async () => {
    const lake = await startHost(where, as.issuer);
    await lake.isReady();
    const old = await tokenFor(lake);
    as.rotate();
    const session = await until('a login with the new key', () => CLIENTS[1].open(lake.url, false).catch(() => undefined));
    const { access_token: token } = session.login.kept.tokens;
    await session.close();
    assert.equal((await lake.ask(token)).status, 200);
    assert.ok([401, 503].includes((await lake.ask(old)).status));
    await lake.stop();
  });
  await attempt('a token of another authorization server', async () => {
    const other = await start();
    const lake = await startHost(where, as.issuer);
    const foreign = await startHost(where, other.issuer);
    await lake.isReady();
    await foreign.isReady();
    const token = await tokenFor(foreign);
    assert.equal((await foreign.ask(token)).status, 200);
    assert.ok([401, 503].includes((await lake.ask(token)).status));
    await Promise.all([lake.stop(), foreign.stop(), other.stop()]);
  });
  await attempt('a token of this authorization server for another resource', async () => {
    const lake = await startHost(where, as.issuer);
    const other = await startHost(where, as.issuer);
    await lake.isReady();
    await other.isReady();
    const token = await tokenFor(other);
    await refuses(lake, token, 401, /for another audience/);
    await Promise.all([lake.stop(), other.stop()]);
  });
  await as.stop();
}

await logins();
await failures();
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed > 0 ? 1 : 0);
