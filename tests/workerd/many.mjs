// How examples/worker takes an account with many events in: how long, and with how much memory.
// usage: node many.mjs FOLDER_OF_MINIFLARE FOLDER_OF_THE_WORKER PROGRAM_OF_THE_SIMULATORS [EVENTS]
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Simulators } from "./simulators.mjs";

const [tools, built, program] = process.argv.slice(2, 5).map((place) => resolve(place));
const EVENTS = Number(process.argv[5] ?? 50_000);
// Connections at once that events are put with.
const HANDS = 16;
// Events between two lines of what is told.
const STEP = 5_000;
// What Cloudflare gives an isolate.
const MEMORY_MAX = 128 << 20;
const ADMIN = "admin-of-the-test";
const { Log, LogLevel, Miniflare } = createRequire(join(tools, "package.json"))("miniflare");

// The memories of all modules that are made, before the Worker makes its own.
const memories = `
globalThis.memories = [];
const Whole = WebAssembly.Instance;
WebAssembly.Instance = class extends Whole {
  constructor(module, imports) {
    super(module, imports);
    globalThis.memories.push(this.exports.memory);
  }
};`;

// The Worker as it is, with a look at what each alarm came to.
const watched = `
import "./memories.js";
import Worker, { Graph as Whole } from "./index.js";
export default Worker;
export class Graph {
  constructor(state, env) {
    this.sql = state.storage.sql;
    this.whole = new Whole(state, env);
    this.alarms = [];
  }
  events() {
    return this.sql.exec("SELECT count(*) AS n FROM events").one().n;
  }
  async alarm() {
    const [start, before] = [Date.now(), this.events()];
    await this.whole.alarm();
    const memory = Math.max(...globalThis.memories.map(({ buffer }) => buffer.byteLength));
    this.alarms.push({ took: Date.now() - start, events: this.events() - before, memory });
  }
  fetch(request) {
    if (new URL(request.url).pathname !== "/alarms") return this.whole.fetch(request);
    return Response.json({ alarms: this.alarms, events: this.events() });
  }
}`;

const simulators = new Simulators(program);
const { url } = await simulators.run("caldav --user carol:secret --calendar carol/Many");
const worker = new Miniflare({
  cf: false,
  log: new Log(LogLevel.NONE),
  handleRuntimeStdio() {},
  compatibilityDate: "2026-01-01",
  modules: [
    { type: "ESModule", path: "watched.js", contents: watched },
    { type: "ESModule", path: "memories.js", contents: memories },
    { type: "ESModule", path: "index.js", contents: readFileSync(join(built, "index.js")) },
    { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(join(built, "index_bg.wasm")) },
  ],
  bindings: { ADMIN_KEY: ADMIN, ALLOW_PRIVATE: "yes", SEALING_KEYS: "2a".repeat(32) },
  durableObjects: { GRAPH: { className: "Graph", useSQLite: true } },
  d1Databases: ["REGISTRY"],
  queueProducers: { SYNC: "kalends-sync", POST: "kalends-post" },
});

const two = (n) => String(n).padStart(2, "0");
const object = (n) =>
  ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//person//EN", "BEGIN:VEVENT", `UID:many-${n}`, "DTSTAMP:20260101T000000Z",
    `DTSTART:2027${two(1 + (n % 12))}${two(1 + (n % 28))}T${two(n % 24)}0000Z`, "DURATION:PT30M", `SUMMARY:Event ${n}`,
    "END:VEVENT", "END:VCALENDAR", ""].join("\r\n");

async function put(n) {
  const headers = { authorization: `Basic ${btoa("carol:secret")}`, "content-type": "text/calendar" };
  const answer = await fetch(new URL(`/dav/calendars/carol/Many/${n}.ics`, url), { method: "PUT", headers, body: object(n) });
  await answer.text();
  if (!answer.ok) throw new Error(`no event was made: ${answer.status}`);
}

async function ask(path, key, body) {
  const options = { method: "POST", headers: { authorization: `Bearer ${key}` }, body: JSON.stringify(body) };
  const answer = await worker.dispatchFetch(`http://worker${path}`, options);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${text}`);
  return JSON.parse(text);
}

const most = (alarms, name) => Math.max(...alarms.map((alarm) => alarm[name]));

// What was taken in until now.
function summary({ events, alarms }, took) {
  const worked = alarms.filter((alarm) => alarm.events > 0);
  const all = worked.map((alarm) => alarm.took).sort((a, b) => a - b);
  return (
    `${events} events in ${Math.round(took / 1000)} s: by ${worked.length} alarms with at most ${most(worked, "events")} each, ` +
    `${all[Math.floor(all.length / 2)]} ms in the middle and ${all.at(-1)} ms at most; ` +
    `at most ${Math.round(most(worked, "memory") / 2 ** 20)} MiB of the module's memory`
  );
}

try {
  let next = 0;
  const hand = async () => {
    while (next < EVENTS) await put(next++);
  };
  await Promise.all(Array.from({ length: HANDS }, hand));
  const { graph, key } = await ask("/v1/users", ADMIN, { name: "carol" });
  const start = Date.now();
  await ask("/v1/accounts", key, { kind: "caldav", name: "carol", url, user: "carol", password: "secret" });
  const objects = await worker.getDurableObjectNamespace("GRAPH");
  const of = objects.get(objects.idFromName(graph));
  let seen = { alarms: [], events: 0 };
  let told = 0;
  for (let before = -1, still = 0; seen.events < EVENTS; ) {
    await new Promise((over) => setTimeout(over, 500));
    seen = await (await of.fetch("http://object/alarms")).json();
    still = seen.events === before ? still + 1 : 0;
    before = seen.events;
    if (still > 240) throw new Error(`it stays at ${seen.events} events`);
    if (seen.events - told >= STEP || seen.events === EVENTS) {
      told = seen.events;
      console.log(summary(seen, Date.now() - start));
    }
  }
  if (!(most(seen.alarms, "memory") > 0)) throw new Error("no memory was seen");
  if (most(seen.alarms, "memory") > MEMORY_MAX) throw new Error("there is not so much memory");
} finally {
  await worker.dispose();
  simulators.end();
}
