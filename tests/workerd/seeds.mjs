// The same histories in objects inside workerd and with the `kalends` binary on Tokio: after each step the calendars
// of the people are the same, and in the end both graphs are, row by row.
// usage: node seeds.mjs FOLDER_OF_MINIFLARE FOLDER_OF_THE_WORKER PROGRAM_OF_THE_SIMULATORS THE_BINARY [SEEDS]
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { freePort, Simulators } from "./simulators.mjs";

const [tools, built, program, binary] = process.argv.slice(2, 6).map((place) => resolve(place));
const SEEDS = Number(process.argv[6] ?? 200);
const STEPS = 6;
const LANES = 2;
const PEOPLE = { alice: "Work", bob: "Home" };
const { Log, LogLevel, Miniflare } = createRequire(join(tools, "package.json"))("miniflare");
const folder = mkdtempSync(join(tmpdir(), "kalends-seeds-"));

// Numbers from a seed, as good as they need to be (mulberry32).
function drawn(seed) {
  let state = seed * 0x9e3779b1;
  const number = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound) => Math.floor(number() * bound);
  return { below, one: (of) => of[below(of.length)] };
}

// Inside every edge's window, whatever the day is.
const DAY = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10).replaceAll("-", "");
const TIMES = {
  single: (hour) => [`DTSTART:${DAY}T${hour}0000Z`, `DTEND:${DAY}T${hour}3000Z`],
  zoned: (hour) => [`DTSTART;TZID=Europe/Berlin:${DAY}T${hour}0000`, `DTEND;TZID=Europe/Berlin:${DAY}T${hour}4500`],
  day: () => [`DTSTART;VALUE=DATE:${DAY}`, "DURATION:P1D"],
  series: (hour) => [`DTSTART:${DAY}T${hour}0000Z`, "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5"],
  gap: (hour) => [`DTSTART:${DAY}T${hour}0000Z`, "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4", `EXDATE:${DAY}T${hour}0000Z`],
};

// What people do: they make, change and delete events of their own, and write over mirrors.
function history(seed) {
  const draw = drawn(seed);
  const level = draw.one(["busy", "title", "full"]);
  const deeds = Array.from({ length: STEPS }, () => ({
    who: draw.one(Object.keys(PEOPLE)),
    what: draw.one(["put", "put", "put", "delete", "tamper", "remove-mirror"]),
    name: `event-${draw.below(3)}`,
    title: draw.one(["Choir", "Dentist", "Standup", "Lunch", "Review"]),
    kind: draw.one(Object.keys(TIMES)),
    hour: String(8 + draw.below(10)).padStart(2, "0"),
    place: draw.below(100),
  }));
  return { level, deeds };
}

// A server, and people who work at it without the engine.
class World {
  constructor(url) {
    this.url = url;
  }

  async #ask(method, who, path, body) {
    const headers = { authorization: `Basic ${btoa(`${who}:secret`)}`, depth: "1", "content-type": "text/calendar" };
    const answer = await fetch(new URL(path, this.url), { method, headers, body });
    return answer.text();
  }

  #calendar = (who) => `/dav/calendars/${who}/${PEOPLE[who]}/`;

  async #objects(who) {
    const listed = await this.#ask("PROPFIND", who, this.#calendar(who));
    const hrefs = [...listed.matchAll(/href>([^<]+\.ics)</g)].map((match) => match[1]).sort();
    return Promise.all(hrefs.map(async (href) => [href, await this.#ask("GET", who, href)]));
  }

  // What lies there, but for when each was written.
  async held() {
    const all = await Promise.all(Object.keys(PEOPLE).map((who) => this.#objects(who)));
    return JSON.stringify(all).replace(/DTSTAMP:[0-9TZ]+/g, "DTSTAMP");
  }

  async act({ who, what, name, title, kind, hour, place }) {
    const own = `${this.#calendar(who)}${who}-${name}.ics`;
    if (what === "put") return this.#ask("PUT", who, own, object(`${who}-${name}`, title, TIMES[kind](hour)));
    if (what === "delete") return this.#ask("DELETE", who, own);
    const mirrors = (await this.#objects(who)).filter(([href]) => !href.includes(`${who}-event-`));
    if (mirrors.length === 0) return undefined;
    const [href, text] = mirrors[place % mirrors.length];
    if (what === "remove-mirror") return this.#ask("DELETE", who, href);
    return this.#ask("PUT", who, href, text.replace(/SUMMARY:.*/, `SUMMARY:${title} of mine`));
  }
}

const object = (uid, title, times) =>
  ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//person//EN", "BEGIN:VEVENT", `UID:${uid}`, "DTSTAMP:20260101T000000Z",
    ...times, `SUMMARY:${title}`, "END:VEVENT", "END:VCALENDAR", ""].join("\r\n");

// Lives a history: `sync` is the host's, and says the digest if it can.
async function lived({ deeds }, world, sync) {
  const seen = [];
  let digest;
  for (const deed of deeds) {
    await world.act(deed);
    digest = await sync();
    seen.push(await world.held());
  }
  return { seen, digest };
}

const worker = new Miniflare({
  cf: false,
  log: new Log(LogLevel.NONE),
  handleRuntimeStdio() {},
  compatibilityDate: "2026-01-01",
  modules: [
    { type: "ESModule", path: "index.js", contents: readFileSync(join(built, "index.js")) },
    { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(join(built, "index_bg.wasm")) },
  ],
  durableObjects: { CONTRACT: { className: "Contract", useSQLite: true } },
  durableObjectsPersist: join(folder, "objects"),
});

async function ask(objectName, deed, body) {
  const sent = { method: "POST", body: JSON.stringify(body ?? {}) };
  const answer = await worker.dispatchFetch(`http://worker/${objectName}/${deed}`, sent);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${deed}: ${text.split("\n    at ")[0]}`);
  return text;
}

// What a person looks at, as a mirror that was given up after the third revert, has an exit code of its own.
const LOOKED_AT = 3;

async function tokio(data, words) {
  const env = { ...process.env, KALENDS_DATA: data, KALENDS_PASSWORD: "secret" };
  const ran = promisify(execFile)(binary, ["--json", ...words], { env, timeout: 60_000 });
  const { stdout } = await ran.catch((error) => {
    if (error.code !== LOOKED_AT) throw error;
    return error;
  });
  return JSON.parse(stdout);
}

// One seed on both hosts, at a server of its own each time, at one address: accounts are who they are at an address.
async function compared(seed, port) {
  const told = history(seed);
  const serve = async (use) => {
    const simulators = new Simulators(program);
    try {
      const people = Object.entries(PEOPLE).map(([who, calendar]) => `--user ${who}:secret --calendar ${who}/${calendar}`);
      return await use(new World((await simulators.run(`caldav --listen 127.0.0.1:${port} --seed ${seed} ${people.join(" ")}`)).url));
    } finally {
      await simulators.ended();
    }
  };
  const [here, bundle] = await serve(async (world) => {
    const bundle = await ask(`set-up-${seed}`, "set_up", { url: world.url, level: told.level });
    await ask(`seed-${seed}`, "begin", { url: world.url, bundle });
    return [await lived(told, world, () => ask(`seed-${seed}`, "live_on")), bundle];
  });
  const data = join(folder, `tokio-${seed}`);
  mkdirSync(data);
  writeFileSync(join(data, "bundle.json"), bundle);
  const there = await serve(async (world) => {
    await tokio(join(data, "graph"), ["bundle", "import", join(data, "bundle.json")]);
    for (const user of Object.keys(PEOPLE)) {
      await tokio(join(data, "graph"), ["account", "add", "caldav", "--name", user, "--url", world.url, "--user", user]);
    }
    const all = await lived(told, world, async () => {
      if (!(await tokio(join(data, "graph"), ["sync"])).settled) throw new Error("the binary did not settle");
    });
    return { ...all, digest: (await tokio(join(data, "graph"), ["status"])).digest };
  });
  rmSync(data, { recursive: true, force: true });
  const step = here.seen.findIndex((held, index) => held !== there.seen[index]);
  if (step >= 0) throw new Error(`after step ${step} the calendars differ:\n${here.seen[step]}\n${there.seen[step]}`);
  if (here.digest !== there.digest) throw new Error(`the graphs differ: ${here.digest}, ${there.digest}`);
  return here.digest;
}

const digests = new Set();
const failed = [];
try {
  const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
  const lane = async () => {
    const port = await freePort();
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const told = await compared(seed, port).catch((error) => void failed.push(`seed ${seed}: ${error.message}`));
      if (told) digests.add(told);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  // Digests that are always the same would agree, too.
  if (failed.length === 0 && digests.size < SEEDS * 0.9) failed.push(`only ${digests.size} different graphs`);
  for (const line of failed) console.error(`FAILED ${line}`);
  console.log(`${SEEDS - failed.length} of ${SEEDS} seeds end in the same graph in workerd and on Tokio; ${digests.size} different graphs`);
} finally {
  await worker.dispose();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed.length === 0 ? 0 : 1);
