#!/usr/bin/env node
/**
 * Trades over NATS: buys at market and sees the fill on `live`, rests an order and cancels it, steps the
 * simulated clock by a second. All the while a dead-man timer stands behind it.
 *
 *   SANDPIT_EMAIL=… SANDPIT_PASSWORD=… node docs/examples/trade.mjs <file.creds> [simulator] [web] [server]
 *
 * Needs Node 18 or newer and the package `nats`; nothing of Sandpit. The file comes from "Integrations"
 * in the app. The credential opens NATS; what counts in each request is an access token, from a log-in.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, credsAuthenticator, headers } from 'nats';

const [file, wanted, web = 'http://127.0.0.1:3000', server = 'nats://127.0.0.1:4222'] =
  process.argv.slice(2);
const { SANDPIT_EMAIL: email, SANDPIT_PASSWORD: password } = process.env;
if (!file || !email || !password) {
  fail(
    'Usage: SANDPIT_EMAIL=… SANDPIT_PASSWORD=… trade.mjs <file.creds> [simulator] [web] [server]',
  );
}

/** A request is sent again when nothing comes back: it is the same one, and done once. */
const TRIES = 4;
const ANSWER_WITHIN_MS = 5_000;
const FILL_WITHIN_MS = 10_000;
const creds = read(file);
/** A token lives for five minutes; a program that runs longer logs in again, or refreshes it. */
const token = await logIn();
const account = claimsOf(token).acc;
if (!creds.claims.nats?.tags?.includes(`account:${account.toLowerCase()}`)) {
  fail(`${file} is a credential of another account than this log-in.`);
}
const simulator = wanted || (await runningSimulator());
const [{ symbol, lotSize }] = (await rest(`/simulators/${simulator}/instruments`)).items;

const nc = await connect({
  servers: server,
  name: 'example-trader',
  authenticator: credsAuthenticator(new TextEncoder().encode(creds.text)),
  maxReconnectAttempts: -1,
}).catch((error) => fail(`No connection to ${server}: ${error.message}`));
void watchConnection();

/** Waits for answers: name of a request -> what to do with it. */
const waiting = new Map();
/** Wait for events: each is shown every one that comes. */
const watching = new Set();
listen(`sandpit.v1.rsp.${account}.${simulator}`, (answer) => waiting.get(answer.request)?.(answer));
listen(`sandpit.v1.live.*.${account}.${simulator}`, ({ events }) => {
  for (const event of events) for (const watch of [...watching]) watch(event);
});
await nc.flush();

await ask('setDeadMan', { body: { timeoutSeconds: 30 } });
console.log(`${simulator}: should this program hang, its orders end after 30 s.`);

// One order at market. `live` is listened to before it is sent, so that no fill is missed.
const clientOrderId = randomUUID();
const filled = eventOf('orderFilled', ({ order }) => order.clientOrderId === clientOrderId);
const ticket = { symbol, side: 'buy', quantity: lotSize };
const bought = await ask('submitOrder', {
  body: { ...ticket, clientOrderId, type: 'market', timeInForce: 'ioc' },
});
console.log(`order ${bought.orderId}: ${bought.status} at ${bought.averagePrice ?? 'no price'}`);
if (bought.status === 'filled') {
  const { execution } = await filled;
  console.log(`live: orderFilled ${execution.quantityLots} lots at ${execution.priceTicks} ticks`);
}

// One that rests well below the market, and is taken back.
const price = await priceBelowMarket();
const resting = await ask('submitOrder', {
  body: { ...ticket, clientOrderId: randomUUID(), type: 'limit', limitPrice: price },
});
console.log(`order ${resting.orderId}: ${resting.status} at ${price}`);
const canceled = await ask('cancelOrder', {
  path: { orderId: resting.orderId },
  idempotencyKey: randomUUID(),
});
console.log(`order ${canceled.orderId}: ${canceled.status}`);

// The clock: a second further, and it stands. With the key a repeat is no second step.
await ask('pauseSimulator');
const stepped = await ask('stepSimulator', {
  body: { unit: 'second' },
  idempotencyKey: randomUUID(),
});
console.log(`stepped to ${stepped.clock.simulatedAt}, ${stepped.state}`);
await ask('resumeSimulator');

await ask('setDeadMan', { body: { timeoutSeconds: 0 } });
await nc.drain();

/**
 * One request: sent, and sent again under the same ids until it is answered.
 * @returns the body of the answer, as over REST.
 */
async function ask(operation, parts = {}) {
  const request = randomUUID();
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await once(request, operation, parts);
    if (answer === null) continue;
    if (answer.status < 400) return answer.data;
    // Somebody else's turn first, or nobody knows yet: the same again.
    if (answer.status !== 429 && answer.status < 500) {
      fail(`${operation}: ${answer.status} ${answer.data.code}. ${answer.data.detail}`);
    }
    await new Promise((resolve) =>
      setTimeout(resolve, 1_000 * (answer.data.retryAfterSeconds ?? 1)),
    );
  }
  return fail(`${operation}: no answer. Is this simulator yours, and Sandpit running?`);
}

function once(request, operation, parts) {
  return new Promise((resolve) => {
    const done = (answer) => {
      clearTimeout(timer);
      waiting.delete(request);
      resolve(answer);
    };
    const timer = setTimeout(() => done(null), ANSWER_WITHIN_MS);
    waiting.set(request, done);
    const head = headers();
    head.set('Sandpit-Request', request);
    head.set('Sandpit-Authorization', `Bearer ${token}`);
    const subject = `sandpit.v1.req.${account}.${simulator}.${operation}`;
    nc.publish(subject, JSON.stringify(stamped(operation, parts)), { headers: head });
  });
}

/** An order that was held back on its way is refused, rather than traded late: it says when it was sent. */
function stamped(operation, parts) {
  if (operation !== 'submitOrder') return parts;
  return { ...parts, body: { ...parts.body, sentAt: new Date().toISOString() } };
}

/** The next event of a type that fits. */
function eventOf(type, fits) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => fail(`No ${type} came.`), FILL_WITHIN_MS);
    // An order that is never filled must not keep the program alive.
    timer.unref();
    const watch = (event) => {
      if (event.type !== type || !fits(event)) return;
      watching.delete(watch);
      clearTimeout(timer);
      resolve(event);
    };
    watching.add(watch);
  });
}

function listen(subject, take) {
  nc.subscribe(subject, {
    callback(error, message) {
      if (error) fail(`${subject}: ${error.message}`);
      take(message.json());
    },
  });
}

/** Questions are REST's. */
async function rest(path) {
  const answer = await fetch(`${web}/api/v1${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const body = await answer.json();
  return answer.ok ? body : fail(`${path}: ${body.detail}`);
}

async function logIn() {
  const answer = await fetch(`${web}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  }).catch((error) => fail(`Nobody answers at ${web}: ${error.message}`));
  const body = await answer.json();
  return answer.ok ? body.accessToken : fail(`Log-in: ${body.detail}`);
}

async function runningSimulator() {
  const { items } = await rest('/simulators');
  const one = items.find(({ state }) => state !== 'stopped');
  return one?.id ?? fail('None of your simulators is there. Start one in the app.');
}

/** Five per cent below the best bid, on the instrument's grid. */
async function priceBelowMarket() {
  const { bids } = await rest(`/simulators/${simulator}/book/${symbol}`);
  if (bids.length === 0) fail(`Nobody bids for ${symbol} now. Try again.`);
  const { tickSize } = (await rest(`/simulators/${simulator}/instruments`)).items[0];
  const ticks = Math.floor((Number(bids[0].price) * 0.95) / Number(tickSize));
  const digits = tickSize.split('.')[1]?.length ?? 0;
  return (ticks * Number(tickSize)).toFixed(digits);
}

function read(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    return fail(`Cannot read ${path}: ${error.message}`);
  }
  const jwt = /-----BEGIN NATS USER JWT-----\s+(eyJ[\w-]+\.[\w-]+\.[\w-]+)/.exec(text)?.[1];
  return jwt ? { text, claims: claimsOf(jwt) } : fail(`${path} is no credentials file.`);
}

function claimsOf(jwt) {
  return JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url').toString());
}

/** A refused publish is told here and nowhere else: it does not throw. */
async function watchConnection() {
  for await (const { type, data, permissionContext } of nc.status()) {
    if (type === 'disconnect') console.log(`Lost ${data}; connecting again.`);
    if (!permissionContext) continue;
    const { operation, subject } = permissionContext;
    fail(`The server does not allow the ${operation} "${subject}" with this credential.`);
  }
}

function fail(text) {
  console.error(text);
  process.exit(1);
}
