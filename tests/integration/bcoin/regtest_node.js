'use strict';
// A bcoin full node on regtest, in memory, asked over JSON-RPC only. Usage: node regtest_node.js RPC_PORT API_KEY
// It runs from the folder that holds node_modules. Says "ready" on standard output; ends on SIGTERM.

const {FullNode} = require(require.resolve('bcoin', {paths: [process.cwd()]}));

const node = new FullNode({
  network: 'regtest',
  memory: true,
  listen: false,
  workers: false,
  httpHost: '127.0.0.1',
  httpPort: Number(process.argv[2]),
  apiKey: process.argv[3],
  logLevel: 'error',
  logConsole: true
});

async function main() {
  await node.ensure();
  await node.open();
  await node.connect();
  console.log('ready');
}

process.on('SIGTERM', () => node.close().then(() => process.exit(0)));
main().catch((error) => {
  console.error(error.stack);
  process.exit(1);
});
