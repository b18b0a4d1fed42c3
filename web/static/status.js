// The status page: asks /api/v1 every few seconds and shows what it says. Text is only ever inserted as text.

import {ask, Problem} from "./api.js";
import {cell, describe, element, replace, stateOf, table} from "./dom.js";
import * as format from "./format.js";

const pollMs = 3000;
const pollMsMax = 30000;
const staleAfterMs = 15000;
const blocksShown = 10;
const blocksShownOnPhone = 5;  // as in status.css
const linesShown = 50;

const byId = (id) => document.getElementById(id);
let user = "";
let answeredAt = 0;
let failures = 0;
let timer = 0;
let running = false;

// ---- the pool, from memory on the server

// Scheme and note of each protocol that a port speaks.
function waysInto(listener) {
  const v1 = ["stratum+tcp", ""];
  const v2 = ["stratum2+tcp", "Stratum V2, encrypted. The last part is the pool's public key."];
  switch (listener.protocol) {
    case "stratum_v1":
      return [v1];
    case "stratum_v1_tls":
      return [["stratum+ssl", "encrypted (TLS)"]];
    case "stratum_v2":
      return [v2];
    case "stratum_auto":
      return [v1, v2];
    default:
      return [[listener.protocol, ""]];
  }
}

function showConnect(pool) {
  // What the browser reached is what a miner reaches too, unless a proxy stands between; IPv6 literals come
  // in brackets.
  const host = location.hostname;
  const urls = pool.listeners.flatMap((listener) => waysInto(listener).map(([scheme, note]) => {
    const path = scheme === "stratum2+tcp" ? `/${listener.authority}` : "";
    return element(
        "div", {class: "url"}, element("code", {}, `${scheme}://${host}:${listener.port}${path}`),
        note && element("span", {class: "hint"}, note));
  }));
  replace(
      "connect-urls", ...(urls.length ? urls : [
        element(
            "span", {class: "hint"}, "No Stratum port is open. Set one in the configuration and start again.")
      ]));
}

function figure(name, value, hint) {
  return element(
      "div", {}, element("dt", {}, name),
      element("dd", {}, value, hint && element("span", {class: "hint"}, hint)));
}

function hashrateHint(rate) {
  return `${format.band(rate.relative_error)} over ${format.span(rate.window_s)}`;
}

function showFigures(pool) {
  const history = pool.history;
  const now = {
    hashrate_hps: pool.hashrate_hps,
    relative_error: pool.hashrate_relative_error,
    window_s: pool.hashrate_window_s
  };
  const day = history?.hashrate.at(-1);
  const blockCount = history ? Object.values(history.blocks).reduce((sum, n) => sum + n, 0) : 0;
  const figures = [
    figure(
        "Hashrate", format.hashrate(now.hashrate_hps),
        pool.shares_accepted ? hashrateHint(now) : "no share yet"),
    day && figure("Hashrate, one day", format.hashrate(day.hashrate_hps), hashrateHint(day)),
    figure(
        "Sessions", format.count(pool.sessions),
        [format.plural(pool.channels, "channel"), activeText(history)].filter(Boolean).join("; ")),
    figure("Shares accepted", format.count(pool.shares_accepted), "since start"),
    figure(
        "Template", pool.template ? `height ${format.count(pool.template.height)}` : "none yet",
        pool.template ? `${format.span(pool.template.age_s)} old` : "waiting for a node"),
    figure("Network difficulty", format.difficulty(pool.network_difficulty)),
    figure(
        "Round effort", format.ratio(history?.round_effort),
        history?.round_effort == null ? "unknown until shares are stored" :
            history.round_started_at  ? `began ${format.ago(history.round_started_at)}` :
                                        "first round"),
    figure(
        "Luck", format.ratio(history?.luck?.ratio),
        history?.luck ? `last ${format.plural(history.luck.blocks, "block")}` : "needs a finished round"),
    figure(
        "Blocks found", history ? format.count(blockCount) : "—", history ? blockStates(history.blocks) : ""),
    figure(
        "Waiting for PostgreSQL", format.plural(pool.journal_lag_records, "record"),
        pool.journal_lag_records ? `oldest ${format.span(pool.import_lag_s)}` : "all stored"),
  ];
  replace("figures", ...figures);
}

function activeText(history) {
  if (!history?.workers_active) return "";
  const workers = format.plural(history.workers_active, "worker");
  return `${workers} of ${format.plural(history.users_active, "user")} active`;
}

function blockStates(blocks) {
  return Object.entries(blocks).filter(([, n]) => n > 0).map(([state, n]) => `${n} ${state}`).join(", ");
}

function showNodes(pool) {
  if (!pool.nodes.length) {
    replace("nodes", element("p", {class: "empty"}, "No node is known yet."));
    return;
  }
  const rows = pool.nodes.map(
      (node) =>
          [cell(node.name, "row"), stateOf(node.state), cell(format.count(node.height), "number"),
           cell(node.detail || "—")]);
  replace(
      "nodes",
      table(
          "Each node, its state and its highest block", ["Node", "State", "Height", "What it says"], rows,
          ["", "", "number", ""]));
}

function showRejects(pool) {
  const day = pool.history?.rejects_day ?? {};
  const reasons =
      [...new Set([...Object.keys(pool.rejects), ...Object.keys(day)])]
          .filter((reason) => pool.rejects[reason] || day[reason])
          .sort((a, b) => (pool.rejects[b] ?? 0) - (pool.rejects[a] ?? 0) || (day[b] ?? 0) - (day[a] ?? 0));
  if (!reasons.length) {
    replace(
        "rejects",
        element(
            "p", {class: "empty"},
            pool.shares_accepted ? "Nothing was rejected." :
                                   "Nothing was submitted yet. Point a miner at the address above."));
    return;
  }
  const submissions = pool.shares_accepted + Object.values(pool.rejects).reduce((sum, n) => sum + n, 0);
  const rows = reasons.map(
      (reason) =>
          [cell(format.words(reason), "row"), cell(format.count(pool.rejects[reason] ?? 0), "number"),
           cell(format.percent(submissions ? (pool.rejects[reason] ?? 0) / submissions : 0), "number"),
           cell(pool.history ? format.count(day[reason] ?? 0) : "—", "number")]);
  replace(
      "rejects",
      table(
          "Rejected submissions by reason", ["Reason", "Since start", "Of all", "Last 24 h"], rows,
          ["", "number", "number", "number"]));
}

function showNotices(pool) {
  const notices = [];
  if (!pool.database_available) {
    notices.push([
      "warn",
      "The database is away. Mining goes on and every share is kept in the journal; history below " +
          (pool.history ? `is from ${format.clock(pool.history.read_at)} and ` : "") +
          "continues when PostgreSQL is back."
    ]);
  }
  if (!pool.templates_flow) {
    notices.push([
      "bad",
      "No Bitcoin node gives templates, so miners have nothing fresh to work on. Look at the nodes below."
    ]);
  }
  if (!pool.journal_writable) {
    notices.push([
      "bad", "The share journal cannot be written, so shares are refused. Check the disk of the data folder."
    ]);
  }
  const text = notices.map(([, sentence]) => sentence).join("\n");
  if (byId("notices").dataset.text === text)
    return;  // a live region speaks on each change: do not repeat the same
  byId("notices").dataset.text = text;
  replace(
      "notices",
      ...notices.map(
          ([level, sentence]) => element(
              "p", {class: level === "bad" ? "banner bad" : "banner"},
              `${level === "bad" ? "✕" : "⚠"} ${sentence}`)));
}

function showPool(pool) {
  byId("network").textContent = pool.network === "main" ? "Bitcoin" : `Bitcoin ${pool.network}`;
  byId("demo").hidden = !pool.demo;
  document.title = `${pool.demo ? "Demo · " : ""}${format.hashrate(pool.hashrate_hps)} · Hashyard pool`;
  showNotices(pool);
  showConnect(pool);
  showFigures(pool);
  showNodes(pool);
  showRejects(pool);
}

// ---- history, from PostgreSQL

function problemText(problem) {
  return problem instanceof Problem ? problem.message :
                                      "The server does not answer. Shown is what it said last.";
}

async function showBlocks() {
  const {blocks} = await ask(`blocks?count=${blocksShown}`);
  if (!blocks.length) {
    replace(
        "blocks",
        element(
            "p", {class: "empty"},
            "No block yet. The first one appears here as soon as a share meets the " +
                "network target; round effort above tells how much of the expected work is done."));
    replace("run", element("p", {class: "empty"}, "Appears with the first block."));
    return;
  }
  const rows = blocks.map(
      (block) =>
          [cell(format.count(block.height), "row"), cell(format.instant(block.found_at), "nowrap"),
           cell(
               block.worker ? `${format.shorten(block.user)}.${block.worker}` : format.shorten(block.user),
               "user", block.worker ? `${block.user}.${block.worker}` : block.user),
           stateOf(block.state, block.state === "immature" ? `${block.confirmations} of 100` : ""),
           cell(format.ratio(block.effort), "number"), cell(format.bitcoin(block.reward_sats), "number")]);
  replace(
      "blocks",
      table(
          "The latest blocks of this pool, newest first",
          ["Height", "Found", "Finder", "State", "Effort", "Reward"], rows,
          ["", "", "", "", "number", "number"]),
      blocks.length > blocksShownOnPhone &&
          element(
              "p", {class: "note on-phone"},
              `The latest ${blocksShownOnPhone} are shown; a wider window shows ${blocksShown}.`));
  await showRun(blocks.find((block) => block.state !== "orphaned") ?? blocks[0]);
}

async function showRun(block) {
  const {payout_run: run} = await ask(`blocks/${block.hash}`);
  if (!run) {
    replace(
        "run",
        element(
            "p", {class: "empty"},
            `Block ${format.count(block.height)} is ${block.state}; its reward is divided ` +
                "when a node has accepted it and the shares before it are stored."));
    return;
  }
  const rows = run.lines.slice(0, linesShown)
                   .map(
                       (line) =>
                           [cell(line.user, "user"),
                            cell(format.percent(line.weight_ratio), "number", `weight ${line.weight}`),
                            cell(format.bitcoin(line.amount_sats), "number"),
                            cell(format.count(line.amount_sats), "number")]);
  const more = run.lines.length - linesShown;
  replace(
      "run",
      run.lines.length ?
          table(
              `Block ${format.count(run.height)}, reward ${format.bitcoin(run.reward_sats)}, pool fee ` +
                  `${format.bitcoin(run.fee_sats)}`,
              ["User", "Share of weight", "Amount", "Satoshis"], rows, ["", "number", "number", "number"]) :
          element("p", {class: "empty"}, "The window held no share, so no user is credited."),
      more > 0 &&
          element(
              "p", {class: "note"},
              `${format.plural(more, "more line")} at /api/v1/payout-runs/${run.block}`),
      describe([
        [
          "Rule",
          `${run.scheme.toUpperCase()} version ${run.rule}, window ${format.percent(run.window_ratio)} full`
        ],
        ["Block", run.block], ["Input hash", run.input_hash], ["Output hash", run.output_hash],
        ["Computed", format.instant(run.computed_at)]
      ]));
}

async function showWorkers() {
  if (!user) return;
  const asked = user;
  const path = `users/${encodeURIComponent(asked)}`;
  try {
    const [person, {workers, whole}] = await Promise.all([ask(path), ask(`${path}/workers`)]);
    if (asked !== user) return;
    const rates = (rates) => rates.map(
        (rate) => cell(
            rate.shares ? `${format.hashrate(rate.hashrate_hps)} ${format.band(rate.relative_error)}` :
                          "no share",
            "number"));
    const name = (worker) => worker.worker || "(no worker name)";
    const rows = workers.map(
        (worker) =>
            [cell(name(worker), "row user"), ...rates(worker.hashrate),
             cell(format.lastShare(worker.last_share_at), "number")]);
    if (workers.length > 1) {
      rows.push([
        cell("All together", "row"), ...rates(person.hashrate),
        cell(format.lastShare(person.last_share_at), "number")
      ]);
    }
    const windows = person.hashrate.map((rate) => format.span(rate.window_s));
    const rejects =
        Object.entries(person.rejects_day).filter(([, n]) => n > 0).map(([
                                                                          reason, n
                                                                        ]) => `${n} ${format.words(reason)}`);
    replace(
        "workers",
        table(
            `${person.user}: credited ${format.bitcoin(person.credited_sats)} in blocks that stand`,
            ["Worker", ...windows, "Last share"], rows, ["", "number", "number", "number", "number"]),
        element(
            "p", {class: "note"},
            `Rejected in the last 24 hours: ${rejects.join(", ") || "nothing"}.` +
                (whole ? "" : " Only the 1,000 workers with the latest share are shown.")));
  } catch (problem) {
    if (asked === user) replace("workers", element("p", {class: "empty"}, problemText(problem)));
  }
}

async function showHistory() {
  try {
    await showBlocks();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    // What is shown stays; only a first visit has nothing to keep.
    if (!byId("blocks").querySelector("table"))
      replace("blocks", element("p", {class: "empty"}, problem.message));
    if (!byId("run").querySelector("table")) replace("run", element("p", {class: "empty"}, problem.message));
  }
}

// ---- the loop

function showFreshness() {
  const quietMs = Date.now() - answeredAt;
  const stale = failures > 0 && (answeredAt === 0 || quietMs > staleAfterMs);
  byId("main").classList.toggle("stale", stale);
  const text = answeredAt === 0 ?
      (failures ? "⚠ The server does not answer. Is Hashyard running?" : "Asking the pool…") :
      stale ? `⚠ The server has not answered since ${format.clock(answeredAt)}; trying on.` :
              `Updated ${format.clock(answeredAt)}`;
  byId("fresh").textContent = text;
  byId("fresh").classList.toggle("warn", text.startsWith("⚠"));
}

async function poll() {
  if (running) return;
  running = true;
  clearTimeout(timer);
  try {
    showPool(await ask("pool"));
    answeredAt = Date.now();
    failures = 0;
    await Promise.all([showHistory(), showWorkers()]);
  } catch {
    failures += 1;
  }
  running = false;
  showFreshness();
  timer = setTimeout(poll, Math.min(pollMsMax, pollMs * 2 ** Math.min(failures, 6)));
}

byId("look-up").addEventListener("submit", (event) => {
  event.preventDefault();
  // "address.worker" is what stands in a miner's configuration; the address is what is looked up.
  user = byId("user").value.trim().split(".")[0];
  if (!user) return;
  location.hash = `user=${encodeURIComponent(user)}`;
  replace("workers", element("p", {class: "empty"}, "Asking the pool…"));
  showWorkers();
});

const remembered = new URLSearchParams(location.hash.slice(1)).get("user");
if (remembered) {
  user = remembered;
  byId("user").value = remembered;
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) poll();
});
setInterval(showFreshness, 1000);
poll();
