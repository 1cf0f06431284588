// An ordinary Node server: echoes what it sees, streams, sends early hints and trailers.
'use strict';
const http = require('http');

const server = http.createServer((request, response) => {
  if (request.url.startsWith('/trailers')) {
    response.writeHead(200, { 'Content-Type': 'text/plain', Trailer: 'X-Checksum' });
    response.write('first ');
    response.addTrailers({ 'X-Checksum': 'abc' });
    response.end('second');
    return;
  }
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    response.setHeader('Content-Type', 'application/json');
    response.setHeader('Set-Cookie', ['one=1', 'two=2']);
    response.end(
      JSON.stringify({
        method: request.method,
        url: request.url,
        rawHeaders: request.rawHeaders,
        headers: request.headers,
        trailers: request.trailers,
        body: Buffer.concat(pieces).toString('utf8'),
      })
    );
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
