// Node's own HTTP server and client as judges of bytes. Reads lines of JSON, {"kind": "requests" or "response", "bytes": base64,
// "method": for a response}, and answers each with what Node makes of the bytes when the peer sends them and then ends:
// {"messages": [{method, target, version, status, fields, body, trailers}], "error": code or null}
'use strict';
const http = require('http');
const { Duplex } = require('stream');
const readline = require('readline');

// A connection on which these bytes come, and then the end.
function connection(bytes) {
  const duplex = new Duplex({ read() {}, write(chunk, encoding, done) { done(); }, allowHalfOpen: true });
  duplex.setTimeout = () => duplex;
  duplex.setNoDelay = () => duplex;
  duplex.setKeepAlive = () => duplex;
  duplex.ref = () => duplex;
  duplex.unref = () => duplex;
  duplex.deliver = () => {
    duplex.push(bytes);
    duplex.push(null);
  };
  return duplex;
}

function message(incoming) {
  const record = {
    method: incoming.method, target: incoming.url, version: incoming.httpVersion, status: incoming.statusCode,
    fields: [], trailers: [], body: '', complete: false,
  };
  const pieces = [];
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    record.fields.push([incoming.rawHeaders[index], incoming.rawHeaders[index + 1]]);
  }
  incoming.on('data', (piece) => pieces.push(piece));
  incoming.on('end', () => {
    record.complete = incoming.complete;
    record.body = Buffer.concat(pieces).toString('base64');
    for (let index = 0; index < incoming.rawTrailers.length; index += 2) {
      record.trailers.push([incoming.rawTrailers[index], incoming.rawTrailers[index + 1]]);
    }
  });
  return record;
}

function requests(bytes) {
  return new Promise((resolve) => {
    const found = { messages: [], error: null };
    const server = http.createServer({ maxHeaderSize: 1 << 20, keepAliveTimeout: 0 });
    const take = (request, response) => {
      found.messages.push(message(request));
      request.on('end', () => response.end('ok'));
      request.on('error', () => {});
    };
    server.maxHeadersCount = 0;
    server.on('request', take);
    server.on('checkContinue', take);
    server.on('checkExpectation', take);
    server.on('clientError', (error, socket) => {
      found.error = found.error || error.code || String(error);
      // The requests before it are whole, which their readers are told a little later.
      setTimeout(() => socket.destroy(), 2);
    });
    const peer = connection(bytes);
    peer.on('close', () => resolve(found));
    server.on('connect', (request, socket) => socket.destroy());
    server.emit('connection', peer);
    peer.deliver();
  });
}

function response(bytes, method) {
  return new Promise((resolve) => {
    const found = { messages: [], error: null, informational: 0 };
    const peer = connection(bytes);
    const request = http.request({ method, host: 'a', createConnection: () => peer, maxHeaderSize: 1 << 20 });
    const timer = setTimeout(() => peer.destroy(), 500);
    request.on('response', (incoming) => {
      found.messages.push(message(incoming));
      incoming.on('error', () => { found.error = found.error || 'ABORTED'; });
    });
    request.on('information', () => { found.informational += 1; });
    request.on('upgrade', () => { found.error = 'UPGRADE'; peer.destroy(); });
    request.on('error', (error) => { found.error = found.error || error.code || String(error); });
    request.on('close', () => { clearTimeout(timer); peer.destroy(); setImmediate(() => resolve(found)); });
    request.end();
    setImmediate(() => peer.deliver());
  });
}

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const order = JSON.parse(line);
  const bytes = Buffer.from(order.bytes, 'base64');
  const found = await (order.kind === 'requests' ? requests(bytes) : response(bytes, order.method));
  console.log(JSON.stringify(found));
});
