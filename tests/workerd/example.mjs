// Runs examples/worker in workerd, by Miniflare, against a simulated Google, Microsoft and CalDAV server.
// usage: node example.mjs FOLDER_OF_MINIFLARE FOLDER_OF_THE_WORKER PROGRAM_OF_THE_SIMULATORS THE_BINARY
import { request } from "node:http";
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { freePort, Simulators } from "./simulators.mjs";
import { again } from "./stories/again.mjs";
import { signing } from "./stories/signing.mjs";
import { tools as toolStories } from "./stories/tools.mjs";
import { watched } from "./stories/watched.mjs";
import { written } from "./stories/written.mjs";

const [tools, built, program, binary] = process.argv.slice(2).map((place) => resolve(place));
const { Log, LogLevel, Miniflare } = createRequire(join(tools, "package.json"))("miniflare");
const folder = mkdtempSync(join(tmpdir(), "kalends-worker-"));
const simulators = new Simulators(program);

// The second time that Google is asked for calendars, it says that the token has ended.
const faults = join(folder, "faults.json");
const expired = { method: "GET", path: "*/users/me/calendarList", when: { nth: 2 }, fault: "F1-expired" };
writeFileSync(faults, JSON.stringify([expired]));
const people = "--user alice:secret --user bob:secret --calendar alice/Work --calendar bob/Home";
const caldav = await simulators.run(`caldav ${people}`);
const exchanges = join(folder, "google.jsonl");
const google = await simulators.run(`google --zone UTC --user alice@example.com --faults ${faults} --log ${exchanges}`);
const graph = await simulators.run("graph --user alice@contoso.example");
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const ADMIN = "admin-of-the-test";

// The Worker as it is, and a hand in its objects for what no request does: lose an answer or an alarm, or let one grow old.
const hand = `
import Worker, { Graph as Whole } from "./index.js";
export default Worker;
export class Graph {
  constructor(state, env) {
    this.storage = state.storage;
    this.sql = state.storage.sql;
    this.whole = new Whole(state, env);
  }
  alarm() {
    return this.whole.alarm();
  }
  async fetch(request) {
    if (new URL(request.url).pathname !== "/hand") return this.whole.fetch(request);
    if (request.method === "DELETE") await this.storage.deleteAlarm();
    if (request.method !== "POST") return Response.json(await this.storage.getAlarm());
    return Response.json(this.sql.exec(await request.text()).toArray());
  }
}`;

function options(more) {
  const queue = { maxBatchSize: 20, maxBatchTimeout: 0.1, maxRetries: 1, retryDelay: 0, deadLetterQueue: "kalends-dead" };
  return {
    cf: false,
    log: new Log(LogLevel.NONE),
    handleRuntimeStdio() {},
    host: "127.0.0.1",
    port,
    compatibilityDate: "2026-01-01",
    modules: [
      { type: "ESModule", path: "hand.js", contents: hand },
      { type: "ESModule", path: "index.js", contents: readFileSync(join(built, "index.js")) },
      { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(join(built, "index_bg.wasm")) },
    ],
    bindings: {
      ADMIN_KEY: ADMIN,
      ALLOW_PRIVATE: "yes",
      GOOGLE_API: google.api,
      GOOGLE_AUTH: google.auth,
      GOOGLE_CLIENT_ID: google.client_id,
      MICROSOFT_API: `${graph.api}/v1.0`,
      MICROSOFT_AUTH: graph.auth,
      MICROSOFT_CLIENT_ID: "kalends",
      PUBLIC_URL: url,
      RETURN_TO: "https://app.example/done",
      SEALING_KEYS: "2a".repeat(32),
      ...more,
    },
    durableObjects: { GRAPH: { className: "Graph", useSQLite: true } },
    durableObjectsPersist: join(folder, "objects"),
    r2Buckets: ["ARCHIVE"],
    r2Persist: join(folder, "archive"),
    d1Databases: ["REGISTRY"],
    d1Persist: join(folder, "registry"),
    queueProducers: { SYNC: "kalends-sync", POST: "kalends-post" },
    queueConsumers: {
      "kalends-sync": queue,
      "kalends-post": queue,
      "kalends-dead": { maxBatchSize: 20, maxBatchTimeout: 0.1 },
    },
  };
}

const worker = new Miniflare(options({}));
await worker.ready;

async function ask(method, path, key, body, headers) {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const replayed = answer.headers.get("idempotency-replayed");
  return { status: answer.status, json: text.startsWith("{") ? JSON.parse(text) : {}, text, replayed };
}

function must(holds, what) {
  if (!holds) throw new Error(what);
}

// Waits until something holds: what it tells is not in time, but in the end.
async function until(what, holds) {
  for (const start = Date.now(); Date.now() - start < 120_000; ) {
    const found = await holds();
    if (found) return found;
    await new Promise((again) => setTimeout(again, 100));
  }
  throw new Error(`never: ${what}`);
}

const event = (uid, title, hour) =>
  ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//person//EN", "BEGIN:VEVENT", `UID:${uid}`, "DTSTAMP:20260101T000000Z",
    `DTSTART:20270115T${hour}0000Z`, `DTEND:20270115T${hour}3000Z`, `SUMMARY:${title}`, "END:VEVENT", "END:VCALENDAR", ""].join("\r\n");

async function dav(method, path, user, body) {
  const headers = { authorization: `Basic ${btoa(`${user}:secret`)}`, depth: "1", "content-type": "text/calendar" };
  const answer = await fetch(new URL(path, caldav.url), { method, headers, body });
  return { status: answer.status, text: await answer.text() };
}

// What lies in a calendar of a CalDAV server: address to text.
async function objects(path, user) {
  const { text } = await dav("PROPFIND", path, user);
  const hrefs = [...text.matchAll(/href>([^<]+\.ics)</g)].map((match) => match[1]);
  return Promise.all(hrefs.map(async (href) => [href, (await dav("GET", href, user)).text]));
}

// What Alice's own client shows to Google: a token of its own each time.
let tokensOfAlice = 0;
async function tokenOfAlice() {
  tokensOfAlice += 1;
  const form = { grant_type: "refresh_token", refresh_token: google.refresh_token, client_id: google.client_id };
  const answer = await fetch(new URL("/token", google.auth), { method: "POST", body: new URLSearchParams(form) });
  return (await answer.json()).access_token;
}

async function googleEvent(method, id, body) {
  const url = `${google.api.replace(/\/$/, "")}/calendar/v3/calendars/primary/events${id ? `/${id}` : ""}`;
  const headers = { authorization: `Bearer ${await tokenOfAlice()}`, "content-type": "application/json" };
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  must(answer.ok, `${method} at Google: ${answer.status}`);
  return method === "DELETE" ? {} : answer.json();
}

// Where the simulated server has the calendars of its people.
const WORK = "/dav/calendars/alice/Work/";
const HOME = "/dav/calendars/bob/";
const known = {};

// A mirror at an hour, in Bob's account, whatever its calendar is called there.
async function mirrorAt(hour) {
  const { text } = await dav("PROPFIND", HOME, "bob");
  const places = [...text.matchAll(/href>([^<]+\/)</g)].map((match) => match[1]).filter((href) => href !== HOME);
  for (const place of places) {
    const found = (await objects(place, "bob")).find(([, shown]) => shown.includes(`T${hour}0000`));
    if (found) return { href: found[0], shown: found[1] };
  }
  return undefined;
}

const cases = {
  // Catches a graph that anybody may read, or keys that are good for another's.
  async "nobody is served without a key"() {
    must((await ask("POST", "/v1/users", "guess", { name: "eve" })).status === 401, "a guess made a user");
    must((await ask("GET", "/v1/accounts")).status === 401, "no key was asked for");
    must((await ask("GET", "/v1/accounts", ADMIN)).status === 401, "the admin's key leads to a graph");
    const { status, json } = await ask("POST", "/v1/users", ADMIN, { name: "alice" });
    must(status === 201 && json.key.startsWith("kal_"), `no user was made: ${status}`);
    must((await ask("POST", "/v1/users", ADMIN, { name: "alice" })).status === 409, "two have one name");
    must((await ask("POST", "/inside/letter", json.key, {})).status === 404, "the inside can be reached");
    Object.assign(known, json);
    const other = (await ask("POST", "/v1/users", ADMIN, { name: "eve" })).json;
    must((await ask("GET", "/v1/accounts", other.key)).json.accounts.every(({ provider }) => provider === "own"), "a new graph is not empty");
  },

  // Catches a body that is read though it is too long, or before it is known whether anybody may send one.
  async "no more is read than may be sent"() {
    // How it is answered while its body is still to come: never, where that is waited for.
    const answered = (path, headers, part) =>
      new Promise((told, gone) => {
        const sending = request(`${url}${path}`, { method: "POST", headers }, (answer) => {
          told(answer.statusCode);
          sending.destroy();
        });
        sending.setTimeout(20_000, () => sending.destroy(new Error(`${path} waits for its body`)));
        sending.on("error", gone);
        part ? sending.write(part) : sending.flushHeaders();
      });
    const long = { "content-length": 90_000_000 };
    const cookie = { cookie: "kalends-sign-in-shown=guess" };
    const mine = { authorization: `Bearer ${known.key}` };
    const stream = { "transfer-encoding": "chunked" };
    must((await answered("/sign-in/guess", long)) === 403, "it was read for whoever was not at the page");
    must((await answered("/sign-in/guess", { ...cookie, ...long })) === 413, "a sign-in is that long");
    must((await answered("/sign-in/guess", { ...cookie, ...stream }, "x".repeat(2_000))) === 413, "a sign-in has no end");
    must((await answered(`/notices/${known.graph}/google`, long)) === 413, "a notice is that long");
    for (const path of ["/v1/events", "/v1/sign-ins", "/mcp"]) {
      must((await answered(path, { ...mine, ...long })) === 413, `${path} takes what is that long`);
      must((await answered(path, { ...mine, ...stream }, "x".repeat(1_100_000))) === 413, `${path} reads without end`);
    }
  },

  // Catches a token that is not refreshed when somebody is taken in, or mirrors that no alarm makes.
  async "somebody is taken in, and what was there is mirrored by the alarm"() {
    must((await dav("PUT", `${WORK}there.ics`, "alice", event("there", "Dentist", "09"))).status < 300, "no event was made");
    const account = (name, user) => ({ kind: "caldav", name, url: caldav.url, user, password: "secret" });
    const alice = await ask("POST", "/v1/accounts", known.key, account("alice", "alice"));
    const bob = await ask("POST", "/v1/accounts", known.key, account("bob", "bob"));
    const tokens = { refresh_token: google.refresh_token, client_id: google.client_id };
    const mail = await ask("POST", "/v1/accounts", known.key, { kind: "google", name: "google", tokens });
    for (const { status, text } of [alice, bob, mail]) must(status === 201, `an account was not taken: ${text}`);
    const own = (json) => json.calendars.find((calendar) => calendar.on && calendar.role === "theirs").id;
    for (const from of [own(alice.json), own(mail.json)]) {
      const edge = await ask("POST", "/v1/edges", known.key, { from, to_account: bob.json.id });
      must(edge.status === 201, `no edge was made: ${edge.text}`);
    }
    known.bob = bob.json.id;
    const mirror = await until("the mirror of what was there", () => mirrorAt("09"));
    must(mirror.shown.includes("SUMMARY:Busy") && !mirror.shown.includes("Dentist"), "it shows more than that time is taken");
  },

  // Catches watches that nobody opens, notices that reach no graph, and a graph that waits for its hour.
  async "a notice of Google's becomes a mirror"() {
    await until("Google tells of changes", async () => (await ask("GET", "/v1/status", known.key)).json.watched_calendars > 0);
    const times = { start: { dateTime: "2027-01-15T13:00:00Z" }, end: { dateTime: "2027-01-15T13:30:00Z" } };
    known.event = (await googleEvent("POST", "", { summary: "Lunch", ...times })).id;
    await until("the mirror of what a notice told of", () => mirrorAt("13"));
    must((await ask("POST", `/notices/${known.graph}/google`, undefined, {})).status === 400, "what is no notice was taken");
  },

  // Catches a mirror that stays as a person made it, and a title that comes out by that.
  async "an edit of a mirror is taken back"() {
    const { href, shown } = await mirrorAt("13");
    must((await dav("PUT", href, "bob", shown.replace("SUMMARY:Busy", "SUMMARY:Mine"))).status < 300, "no edit was made");
    await until("the mirror as it was", async () => {
      await ask("POST", "/v1/sync", known.key);
      return (await mirrorAt("13")).shown.includes("SUMMARY:Busy");
    });
  },

  // Catches answers that do not say what is there.
  async "what is there can be looked at"() {
    const span = "from=2027-01-15T00:00:00Z&to=2027-01-16T00:00:00Z";
    const { events } = (await ask("GET", `/v1/events?${span}`, known.key)).json;
    must(events.map(({ title }) => title).sort().join() === "Dentist,Lunch", `not these: ${JSON.stringify(events)}`);
    const { busy } = (await ask("GET", `/v1/free-busy?${span}`, known.key)).json;
    must(busy.length === 2 && busy[0].from.startsWith("2027-01-15T09"), `not then: ${JSON.stringify(busy)}`);
    const lunch = events.find(({ title }) => title === "Lunch");
    const why = (await ask("GET", `/v1/events/${lunch.event}/explain`, known.key)).json;
    must(why.mirrors.some(({ wanted, parts }) => wanted && parts.length === 1), `not why: ${JSON.stringify(why)}`);
    must((await ask("GET", "/v1/events?from=x&to=y", known.key)).status === 400, "no time was taken for one");
  },

  // Catches a token that ended and is not refreshed while the graph works.
  async "an ended token is refreshed on the way"() {
    await until("nothing fails", async () => {
      await ask("POST", "/v1/sync", known.key);
      const { accounts } = (await ask("GET", "/v1/status", known.key)).json;
      return accounts.every(({ failing, needs_sign_in }) => failing === null && !needs_sign_in);
    });
    const lines = readFileSync(exchanges, "utf8").split("\n").filter((line) => line.includes("/token"));
    // Once when the account was taken in, and once when the token was said to have ended.
    const asked = lines.length - tokensOfAlice;
    must(asked === 2, `tokens were asked for ${asked} times`);
  },

  // Catches a graph that is forgotten by its alarm for good.
  async "the hour looks at everybody"() {
    must((await dav("PUT", `${WORK}later.ics`, "alice", event("later", "Tea", "16"))).status < 300, "no event was made");
    await (await worker.getWorker()).scheduled({ cron: "17 */6 * * *" });
    await until("the mirror of what no notice told of", () => mirrorAt("16"));
  },

  // Catches watches that speak to where nobody listens any more, and are never opened anew.
  async "the hour renews watches for another address"() {
    const opened = () => readFileSync(exchanges, "utf8").split("\n").filter((line) => line.includes("/watch")).length;
    const before = opened();
    must(before > 0, "nothing was watched");
    await worker.setOptions(options({ PUBLIC_URL: `http://localhost:${port}` }));
    await (await worker.getWorker()).scheduled({ cron: "17 */6 * * *" });
    await until("Google is asked to tell of changes there", () => opened() > before);
    const times = { start: { dateTime: "2027-01-15T22:00:00Z" }, end: { dateTime: "2027-01-15T22:30:00Z" } };
    await googleEvent("POST", "", { summary: "Call", ...times });
    await until("the mirror of what was told of then", () => mirrorAt("22"));
  },

  // Catches a letter that is lost while the Worker is set up wrongly, and one that cannot be sent again.
  async "a letter that nobody took is kept and sent again"() {
    await worker.setOptions(options({ SEALING_KEYS: "" }));
    await googleEvent("PATCH", known.event, { start: { dateTime: "2027-01-15T18:00:00Z" }, end: { dateTime: "2027-01-15T18:30:00Z" } });
    const kept = await until("letters are kept", async () => {
      const { letters } = (await ask("GET", "/v1/letters", ADMIN)).json;
      return letters?.length > 0 && letters;
    });
    must((await ask("GET", "/v1/letters", known.key)).status === 401, "a user sees letters");
    await worker.setOptions(options({}));
    for (const { id } of kept) must((await ask("POST", `/v1/letters/${id}/retry`, ADMIN)).status === 202, "it was not sent again");
    must((await ask("GET", "/v1/letters", ADMIN)).json.letters.length === 0, "it lies there still");
    await until("the mirror of what the letter told of", () => mirrorAt("18"));
  },

  // Catches an alarm that is lost while the Worker is set up wrongly: nothing else asks this object.
  async "an alarm that could not be answered comes again"() {
    await worker.setOptions(options({ EVERY_SECONDS: "1" }));
    await until("it works", async () => (await ask("POST", "/v1/sync", known.key)).status === 200);
    await worker.setOptions(options({ SEALING_KEYS: "" }));
    // Its alarm comes within the rest of five seconds.
    await new Promise((over) => setTimeout(over, 8_000));
    await worker.setOptions(options({}));
    must((await dav("PUT", `${WORK}last.ics`, "alice", event("last", "Supper", "20"))).status < 300, "no event was made");
    await until("the mirror of what nobody told of", () => mirrorAt("20"));
  },

  // Catches an origin's end that does not reach its mirror.
  async "a deletion takes the mirror along"() {
    await googleEvent("DELETE", known.event);
    await until("no mirror any more", async () => !(await mirrorAt("18")));
    await until("nothing is left to do", async () => (await ask("POST", "/v1/sync", known.key)).json.settled);
    const { created, updated, deleted } = (await ask("POST", "/v1/sync", known.key)).json;
    must(created + updated + deleted === 0, "a sync after a sync writes");
  },
};

// What only an object itself can do with its rows.
async function rows(graph, sql) {
  const objects = await worker.getDurableObjectNamespace("GRAPH");
  const object = objects.get(objects.idFromName(graph));
  return (await object.fetch("http://object/hand", { method: "POST", body: sql })).json();
}

// When its alarm comes; `DELETE` loses it.
async function alarm(graph, method) {
  const objects = await worker.getDurableObjectNamespace("GRAPH");
  return (await objects.get(objects.idFromName(graph)).fetch("http://object/hand", { method })).json();
}

const registry = async (sql) => (await worker.getD1Database("REGISTRY")).prepare(sql).run();

const told = { rows, alarm, registry, simulators, exchanges, ask, must, until, dav, mirrorAt, worker, options, event, known, WORK, ADMIN, davUrl: caldav.url, url, binary, folder, graph };
const all = [cases, written(told), again(told), toolStories(told), signing(told), watched(told)].flatMap(Object.entries);
const failed = [];
try {
  for (const [name, run] of all) {
    await run().catch((error) => failed.push(`${name}: ${error.stack}`));
    if (failed.length > 0) break; // each goes on where the one before ended
  }
  for (const line of failed) console.error(`FAILED ${line}`);
  if (failed.length === 0) console.log(`${all.length} stories of examples/worker ended well`);
} finally {
  await worker.dispose();
  simulators.end();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed.length === 0 ? 0 : 1);
