// Drives a headless Chromium over the real web server and looks at the status page as people do: phone and
// desktop, light and dark, keyboard, empty, database away, server gone. Screenshots go to the folder named by
// UI_SCREENSHOTS.

import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {mkdirSync} from "node:fs";
import {createInterface} from "node:readline";
import {after, before, test} from "node:test";

const {chromium} = await import("playwright-core");
const shots = process.env.UI_SCREENSHOTS;
mkdirSync(shots, {recursive: true});

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"
];
const alice = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";
const desktop = {
  width: 1280,
  height: 900
};
const phone = {
  width: 375,
  height: 740
};
let browser;

before(async () => {
  browser = await chromium.launch({executablePath: process.env.UI_CHROMIUM, args: flags});
});
after(() => browser?.close());

// Pages close before their server ends, else one that is just asking would complain on its console.
const contexts = new WeakMap();
async function closePages(t) {
  for (const context of contexts.get(t) ?? []) await context.close();
}

// A server of its own for each test, ended with it.
async function serve(t, ...options) {
  const child = spawn(process.env.UI_FIXTURE, options, {stdio: ["pipe", "pipe", "ignore"]});
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    child.stdin.end();
    await gone;
  };
  t.after(async () => {
    await closePages(t);
    await stop();
  });
  const [line] = await once(createInterface({input: child.stdout}), "line");
  return {
    url: `http://127.0.0.1:${line.split(" ")[1]}/`,
    say: (word) => child.stdin.write(`${word}\n`),
    stop
  };
}

function once(emitter, name) {
  return new Promise((resolve) => emitter.once(name, (...values) => resolve(values)));
}

// Every message on the console is a failure: errors of ours, blocked styles, missing files.
async function open(t, url, {viewport = desktop, colorScheme = "light", expectSilence = true} = {}) {
  const context = await browser.newContext({viewport, colorScheme, locale: "en-GB", timezoneId: "UTC"});
  contexts.set(t, [...(contexts.get(t) ?? []), context]);
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  const messages = [];
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(String(error)));
  await page.goto(url);
  if (expectSilence) t.after(() => assert.deepEqual(messages, []));
  return page;
}

const shown = (page, text) => page.getByText(text).first().waitFor();
const text = (page, selector) => page.locator(selector).innerText();

async function assertNothingCut(page) {
  const {wide, width} =
      await page.evaluate(() => ({wide: document.documentElement.scrollWidth, width: innerWidth}));
  assert.ok(wide <= width, `the page is ${wide} px wide in a window of ${width}`);
}

test("says where to connect, by the host that the browser reached", async (t) => {
  const page = await open(t, (await serve(t)).url);
  await shown(page, "stratum+tcp://127.0.0.1:3333");
  await shown(page, "stratum+ssl://127.0.0.1:3443");
  const key = "9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh";
  await shown(page, `stratum2+tcp://127.0.0.1:3336/${key}`);
  await shown(page, "stratum+tcp://127.0.0.1:3337");
  await shown(page, `stratum2+tcp://127.0.0.1:3337/${key}`);
  // One click takes the whole URL, however it is wrapped.
  await page.locator(".url code", {hasText: `:3336/${key}`}).click();
  assert.equal(await page.evaluate(() => getSelection().toString()), `stratum2+tcp://127.0.0.1:3336/${key}`);
  assert.match(await text(page, "#network"), /regtest/);
  assert.equal(await page.locator("#demo").isVisible(), false);
});

test("shows hashrate with its band, effort, luck, template, nodes and rejects in their units", async (t) => {
  const page = await open(t, (await serve(t)).url);
  await shown(page, "1.23 PH/s");
  const figures = await text(page, "#figures");
  for (const part
           of ["±3.1 % over 10 min", "84 %", "107 %", "last 10 blocks", "height 840,123", "156 T",
               "7 records", "15 channels; 5 workers of 2 users active"]) {
    assert.ok(figures.includes(part), `${part} in ${figures}`);
  }
  const nodes = await text(page, "#nodes");
  assert.match(nodes, /● healthy/);
  assert.match(nodes, /▲ lagging/);
  const rejects = await text(page, "#rejects");
  assert.match(rejects, /stale\s+31\s+0\.06 %\s+211/);
  assert.doesNotMatch(rejects, /low difficulty/);
});

test("lists blocks and who is paid for the latest, to the satoshi, with rule and hashes", async (t) => {
  const page = await open(t, (await serve(t)).url);
  await shown(page, "2.16571055 BTC");
  const run = await text(page, "#run");
  for (const part
           of [alice, "70.0 %", "216,571,055", "0.92816167 BTC", "PPLNS version 1", "1".repeat(64),
               "2".repeat(64)]) {
    assert.ok(run.includes(part), `${part} in ${run}`);
  }
  const blocks = await text(page, "#blocks");
  assert.match(blocks, /840,122/);
  assert.match(blocks, /immature \(3 of 100\)/);
  assert.match(blocks, /✕ orphaned/);
  assert.match(blocks, /3\.12512345 BTC/);
});

test("looks up workers by keyboard alone and shows their names as text, never as markup", async (t) => {
  const page = await open(t, (await serve(t)).url);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
  await page.getByLabel("Your address or user name").focus();
  await page.keyboard.type(`${alice}.rig-01`);
  await page.keyboard.press("Enter");
  await shown(page, "<b>rig</b> & co");
  assert.equal(await page.locator("#workers b").count(), 0);
  const workers = await text(page, "#workers");
  for (const part
           of ["rig-01", "300 TH/s ±7.5 %", "within 10 min", "117 min ago", "no share", "All together",
               "4 stale", "2.18750000 BTC"]) {
    assert.ok(workers.includes(part), `${part} in ${workers}`);
  }
  await page.reload();
  await shown(page, "<b>rig</b> & co");
});

test("tells what to do when a user is unknown", async (t) => {
  const page = await open(t, (await serve(t)).url, {expectSilence: false});  // Chromium logs each 404
  await page.getByLabel("Your address or user name").fill("nobody");
  await page.getByRole("button", {name: "Show"}).click();
  await shown(page, "point a miner at the pool with it as the user name");
});

test("a fresh pool says what comes next instead of empty tables", async (t) => {
  const server = await serve(t);
  server.say("empty");
  const page = await open(t, server.url);
  await shown(page, "No block yet.");
  await shown(page, "Point a miner at the address above.");
  await shown(page, "no share yet");
  await assertNothingCut(page);
  await page.screenshot({path: `${shots}/empty-desktop-light.png`, fullPage: true});
});

test("with the database away it says so, keeps what it showed, and recovers", async (t) => {
  const server = await serve(t);
  const page = await open(t, server.url, {expectSilence: false});
  await shown(page, "2.16571055 BTC");
  server.say("away");
  await shown(page, "The database is away.");
  assert.match(await text(page, "#run"), /2\.16571055 BTC/);
  await shown(page, "1.23 PH/s");
  await page.screenshot({path: `${shots}/away-desktop-light.png`, fullPage: true});
  server.say("back");
  await page.getByText("The database is away.").waitFor({state: "detached"});
});

test("opened while the database is away, history says why it is missing", async (t) => {
  const server = await serve(t);
  server.say("away");
  const page = await open(t, server.url, {expectSilence: false});
  await shown(page, "History cannot be shown for now.");
  await shown(page, "stratum+tcp://127.0.0.1:3333");
});

test("when no node gives templates it says so at the top, in words", async (t) => {
  const server = await serve(t);
  server.say("stopped");
  const page = await open(t, server.url, {viewport: phone, colorScheme: "dark"});
  await shown(page, "No Bitcoin node gives templates");
  assert.match(await text(page, "#nodes"), /✕ wrong chain/);
  await assertNothingCut(page);
  await page.screenshot({path: `${shots}/stopped-phone-dark.png`, fullPage: true});
});

test("when the server is gone it says since when, and asks more and more seldom", async (t) => {
  const server = await serve(t);
  const context = await browser.newContext({viewport: desktop, locale: "en-GB", timezoneId: "UTC"});
  contexts.set(t, [...(contexts.get(t) ?? []), context]);
  const page = await context.newPage();
  await page.clock.install();
  await page.goto(server.url);
  await shown(page, "1.23 PH/s");
  await shown(page, "Updated");
  await server.stop();
  let asked = 0;
  page.on("requestfailed", () => {
    asked += 1;
  });
  for (let step = 0; step < 60; ++step) await page.clock.runFor(1000);
  await shown(page, "The server has not answered since");
  assert.equal(await page.locator("main.stale").count(), 1);
  assert.ok(asked >= 2 && asked <= 6, `asked ${asked} times in a minute`);
  await page.screenshot({path: `${shots}/gone-desktop-light.png`});
});

for (const [size, viewport] of Object.entries({desktop, phone})) {
  for (const colorScheme of ["light", "dark"]) {
    test(`nothing is cut on a ${size} in ${colorScheme}, demo banner and workers shown`, async (t) => {
      const page = await open(t, (await serve(t, "--demo")).url, {viewport, colorScheme});
      await shown(page, "Demo: simulated miners");
      await page.getByLabel("Your address or user name").fill(alice);
      await page.getByRole("button", {name: "Show"}).click();
      await shown(page, "rig-01");
      await shown(page, "2.16571055 BTC");
      assert.ok((await page.title()).startsWith("Demo"));
      await assertNothingCut(page);
      await page.screenshot({path: `${shots}/${size}-${colorScheme}.png`, fullPage: true});
    });
  }
}
