#!/usr/bin/env node
/**
 * Follows one trading account live: every order event and the market data of its simulators.
 *
 *   node docs/examples/subscribe.mjs <file.creds> [server]
 *
 * Needs Node 18 or newer and the package `nats`; nothing of Sandpit. The file comes from
 * "Integrations" in the app, or from POST /api/v1/integrations/nats.
 */
import { readFileSync } from 'node:fs';
import { connect, credsAuthenticator } from 'nats';

const [file, server = 'nats://127.0.0.1:4222'] = process.argv.slice(2);
if (!file) fail('Usage: subscribe.mjs <file.creds> [server]');

/** Place in the log of the newest record seen, by simulator. */
const lastSequence = new Map();
const creds = read(file);
const account = accountOf(creds);
const nc = await connect({
  servers: server,
  name: 'example-subscriber',
  authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
  // Wait for a server that is restarting, for as long as it takes.
  maxReconnectAttempts: -1,
}).catch((error) => fail(explain(error)));

console.log(`Connected to ${nc.getServer()} for account ${account}. Ctrl-C ends it.`);
process.once('SIGINT', () => nc.drain());
// Whoever reads our lines has seen enough (`| head`).
process.stdout.once('error', () => process.exit(0));
void watchConnection();

// `*` stands for the shard: a simulator's records may come from any of them.
follow(`sandpit.v1.live.*.${account}.>`, printRecord);
follow(`sandpit.v1.md.*.${account}.>`, printMarketData);
await nc.closed();

function follow(subject, print) {
  nc.subscribe(subject, {
    callback(error, message) {
      if (error) fail(explain(error));
      try {
        print(message.subject.split('.'), message.json(), message);
      } catch (caught) {
        console.error(`${message.subject}: ${caught.message}`);
      }
    },
  });
}

/** One record: everything that one step of a simulator did, with its place in the log. */
function printRecord([, , , , , simulator], record, message) {
  const sequence = Number(message.headers?.get('Nats-Sequence') ?? 0);
  // The one before it of the same simulator. If you have not seen that one, you missed something:
  // read it with GET /api/v1/simulators/:id/orders?since=<the last sequence you saw>.
  const previous = Number(message.headers?.get('Nats-Last-Sequence') ?? 0);
  const seen = lastSequence.get(simulator);
  if (seen !== undefined && previous !== seen) console.log(`${simulator}  gap after ${seen}`);
  lastSequence.set(simulator, sequence);
  for (const event of record.events) console.log(`${simulator}  #${sequence}  ${describe(event)}`);
}

/** Prices in ticks and sizes in lots, as in the log; GET /api/v1/instruments says what they are. */
function describe(event) {
  const { type, order, execution, account: money, position, clock, reason } = event;
  if (execution) {
    const { side, quantityLots, symbol, priceTicks, liquidity } = execution;
    return `${type} ${side} ${quantityLots} ${symbol} @ ${priceTicks} (${liquidity})`;
  }
  if (order) {
    const { side, quantityLots, symbol, limitTicks, filledLots, status, rejectReason } = order;
    const price = limitTicks === null ? 'market' : `@ ${limitTicks}`;
    const why = rejectReason ? ` because ${rejectReason}` : '';
    return `${type} ${side} ${quantityLots} ${symbol} ${price}: ${status}, ${filledLots} filled${why}`;
  }
  if (position) return `${type} ${position.symbol} ${position.quantityLots} lots`;
  if (money) return `${type} cash ${(money.cashMicros / 1e6).toFixed(2)} ${money.currency}`;
  if (clock) return `${type} ${clock.state} at ${clock.speed}x`;
  return reason ? `${type} because ${reason}` : type;
}

/** Market data is not stored: what you miss is gone, the next frame is complete again. */
function printMarketData([, , , , , simulator, symbol, channel], frame) {
  console.log(`${simulator}  ${symbol} ${channel}  ${summary(channel, frame)}`);
}

function summary(channel, frame) {
  const level = ({ price, quantity }) => `${quantity} @ ${price}`;
  switch (channel) {
    case 'quote': {
      const side = (price, quantity) => (price === null ? 'none' : level({ price, quantity }));
      return `${side(frame.bid, frame.bidQuantity)} | ${side(frame.ask, frame.askQuantity)}`;
    }
    case 'book': {
      const best = (levels) => levels.slice(0, 3).map(level).join(', ') || 'none';
      return `${best(frame.bids)} | ${best(frame.asks)}`;
    }
    case 'trade':
      return frame.trades.map((trade) => `${trade.aggressor} ${level(trade)}`).join(', ');
    default: {
      const text = JSON.stringify(frame);
      return text.length > 120 ? `${text.slice(0, 117)}...` : text;
    }
  }
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return fail(`Cannot read ${path}: ${error.message}`);
  }
}

/** The credential says whose it is: its token carries the tag `account:<id>`. */
function accountOf(text) {
  const token = /-----BEGIN NATS USER JWT-----\s+(eyJ[\w-]+\.[\w-]+\.[\w-]+)/.exec(text)?.[1];
  if (!token) fail(`${file} is no credentials file: it has no NATS USER JWT in it.`);
  const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString());
  if (claims.exp && claims.exp * 1000 < Date.now()) {
    fail(
      `This credential expired on ${new Date(claims.exp * 1000).toISOString()}. Make a new one.`,
    );
  }
  const tag = claims.nats?.tags?.find((each) => each.startsWith('account:'));
  return tag?.slice('account:'.length) ?? fail('This credential belongs to no trading account.');
}

async function watchConnection() {
  for await (const { type, data, permissionContext } of nc.status()) {
    if (type === 'disconnect') console.log(`Lost ${data}; connecting again.`);
    if (type === 'reconnect') console.log(`Back on ${data}. What came meanwhile was missed.`);
    // A refused publish is told here and nowhere else: it does not throw.
    if (permissionContext) fail(explain({ permissionContext }));
  }
}

function explain({ code, message, permissionContext }) {
  if (permissionContext) {
    const { operation, subject } = permissionContext;
    return (
      `The server does not allow the ${operation} "${subject}" with this credential. It may only ` +
      'subscribe to the live, md and rsp subjects of its own account, and publish on req and dms.'
    );
  }
  if (code === 'AUTHORIZATION_VIOLATION') {
    return 'The server does not accept this credential: it was revoked, or belongs to another server.';
  }
  if (code === 'CONNECTION_REFUSED') return `Nobody listens at ${server}. Is Sandpit running?`;
  return message;
}

function fail(text) {
  console.error(text);
  process.exit(1);
}
