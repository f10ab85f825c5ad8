// SPDX-License-Identifier: Apache-2.0
// A workspace that speaks HTTP/2 or HTTP/1.1 over TLS, as ALPN decides.
//
//	node http2.js KEY CERTIFICATE MODE	MODE: both, h1 or one-stream
//
// It prints its port. GET /_seen says how many connections and requests came over which version. After
// GET /_hold/N the next N requests are answered when all of them have arrived.
'use strict';
const fs = require('fs');
const http2 = require('http2');
const https = require('https');

const [key, cert] = process.argv.slice(2, 4).map((path) => fs.readFileSync(path));
const mode = process.argv[4];
const seen = { sessions: 0, versions: {}, together: 0, most: 0, authorized: 0 };
let waiting = [], hold = 0;

function body(request) {
	if (request.url.startsWith('/_')) return seen;
	if (request.url.endsWith('/Me')) return { userName: 'somebody@example.com' };
	return { clusters: [{ cluster_id: '1', cluster_name: 'over-' + request.httpVersion, state: 'RUNNING' }] };
}

function answer(request, response) {
	const text = JSON.stringify(body(request));

	response.setHeader('Content-Type', 'application/json');
	response.end(text);
}

function serve(request, response) {
	request.resume();
	if (request.url.startsWith('/_hold/')) hold = Number(request.url.slice(7));
	if (request.url.startsWith('/_')) return answer(request, response);
	seen.versions[request.httpVersion] = (seen.versions[request.httpVersion] || 0) + 1;
	seen.authorized += request.headers.authorization === 'Bearer dapi-h2' ? 1 : 0;
	seen.together++;
	seen.most = Math.max(seen.most, seen.together);
	response.on('close', () => seen.together--);
	if (!hold) return answer(request, response);
	waiting.push([request, response]);
	if (waiting.length >= hold) {
		waiting.forEach((one) => answer(...one));
		waiting = [];
		hold = 0;
	}
	return undefined;
}

const server = mode === 'h1'
	? https.createServer({ key, cert }, serve)
	: http2.createSecureServer({ key, cert, allowHTTP1: true,
		settings: { maxConcurrentStreams: mode === 'one-stream' ? 1 : 100 } }, serve);
server.on('session', () => seen.sessions++);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
