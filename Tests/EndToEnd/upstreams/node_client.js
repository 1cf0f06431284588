// Node's own HTTP client with a keep-alive agent: N requests in turn over one connection. Prints what came back as JSON.
'use strict';
const http = require('http');

const [url, token, count] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const answers = [];

function once(left) {
  if (left === 0) {
    agent.destroy();
    console.log(JSON.stringify(answers));
    return;
  }
  const options = { agent, method: 'POST', headers: { Authorization: 'Bearer ' + token } };
  const request = http.request(url, options, (response) => {
    const pieces = [];
    response.on('data', (piece) => pieces.push(piece));
    response.on('end', () => {
      answers.push({ status: response.statusCode, body: Buffer.concat(pieces).toString(), port: request.socket.localPort });
      setImmediate(once, left - 1);
    });
  });
  request.write('chunk one, ');
  request.end('chunk two');
}
once(Number(count));
