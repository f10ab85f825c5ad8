// A proxy that removes one member of a good reply, to prove that tests/conformance/run can fail.
//
//   node remove_anchor.mjs PORT UPSTREAM_URL
//
// It takes the "$anchor" out of every tool list. Only the scenario json-schema-2020-12 looks at it,
// which the suite runs but does not score: the suite's own exit status stays 0.
import http from 'node:http';

const port = Number(process.argv[2]);
const upstream = new URL(process.argv[3]);

// Speak to the upstream under its own address, but let a foreign Host or Origin through as it is.
const readdress = (value) => value?.replace(new RegExp(`:${port}$`), `:${upstream.port}`);

function forward(request, response) {
  const headers = { ...request.headers };
  if (headers.host) headers.host = readdress(headers.host);
  if (headers.origin) headers.origin = readdress(headers.origin);
  const { hostname, port: to } = upstream;
  const onward = http.request({ hostname, port: to, path: request.url, method: request.method, headers });
  onward.on('response', (reply) => pass(reply, response));
  onward.on('error', () => response.destroy());
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

function pass(reply, response) {
  const headers = { ...reply.headers };
  if (!/^application\/json/.test(headers['content-type'] ?? '')) {
    response.writeHead(reply.statusCode, headers);
    reply.pipe(response);
    return;
  }
  const parts = [];
  reply.on('data', (part) => parts.push(part));
  reply.on('end', () => {
    const body = Buffer.concat(parts).toString().replace(/"\$anchor":\s*"addressDef",?/, '');
    delete headers['transfer-encoding'];
    headers['content-length'] = Buffer.byteLength(body);
    response.writeHead(reply.statusCode, headers);
    response.end(body);
  });
}

http.createServer(forward).listen(port, '127.0.0.1');
