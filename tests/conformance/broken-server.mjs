// A server that answers everything at once and wrongly, to prove that tests/conformance/run can
// fail.
//
//   node broken-server.mjs PORT
import http from 'node:http';

function idOf(body) {
  try {
    return JSON.parse(body).id ?? null;
  } catch {
    return null;
  }
}

http.createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    const id = idOf(Buffer.concat(parts).toString());
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: {} }));
  });
}).listen(Number(process.argv[2]), '127.0.0.1');
