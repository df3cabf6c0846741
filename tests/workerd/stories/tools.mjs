// The tools of examples/worker: the same as those of the `kalends` binary, as far as they go.
import { spawn } from "node:child_process";
import { join } from "node:path";

// What a program that thinks says first, and then asks.
const HELLO = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } };
const message = (id, method, params) => ({ jsonrpc: "2.0", ...(id && { id }), method, ...(params && { params }) });

// The tools of the binary, over its standard input and output.
export function toolsOf(binary, folder) {
  const env = { ...process.env, KALENDS_DATA: join(folder, "tools") };
  const server = spawn(binary, ["mcp"], { env, stdio: ["pipe", "pipe", "inherit"] });
  const all = [message(1, "initialize", HELLO), message(undefined, "notifications/initialized"), message(2, "tools/list")];
  for (const one of all) server.stdin.write(`${JSON.stringify(one)}\n`);
  return new Promise((told, gone) => {
    let said = "";
    server.on("exit", () => gone(new Error("the binary ended before it said its tools")));
    server.stdout.on("data", (text) => {
      said += text;
      const answers = said.split("\n").slice(0, -1).map((line) => JSON.parse(line));
      const list = answers.find(({ id }) => id === 2);
      if (!list) return;
      told(list.result.tools);
      server.kill();
    });
  });
}

const sorted = (value) =>
  Array.isArray(value) ? value.map(sorted)
  : value && typeof value === "object" ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
  : value;

export const tools = ({ ask, must, until, mirrorAt, known, binary, folder, ADMIN, rows }) => {
  const say = async (key, body, headers) => ask("POST", "/mcp", key, body, headers);
  const call = async (name, given) => {
    const { json } = await say(known.key, message(1, "tools/call", { name, arguments: given }));
    must(json.result, `${name}: ${JSON.stringify(json)}`);
    return { value: json.result.structuredContent, wrong: json.result.isError };
  };

  return {
    // Catches tools of another name, shape or description than those of the binary.
    async "tools are those of the binary"() {
      const hello = await say(known.key, message(1, "initialize", HELLO));
      must(hello.json.result.protocolVersion === HELLO.protocolVersion, `another protocol: ${hello.text}`);
      must((await say(known.key, message(undefined, "notifications/initialized"))).status === 202, "it was no notification");
      const here = (await say(known.key, message(2, "tools/list"))).json.result.tools;
      const there = await toolsOf(binary, folder);
      must(here.length === 13, `${here.length} tools`);
      for (const tool of here) {
        const same = there.find(({ name }) => name === tool.name);
        const [one, other] = [tool, same].map((it) => JSON.stringify(sorted(it)));
        must(one === other, `${tool.name} differs:\n${one}\n${other}`);
      }
    },

    // Catches tools without a key, for a page from elsewhere, and what is no message taken for one.
    async "tools are for those who bear a key"() {
      must((await say(undefined, message(1, "tools/list"))).status === 401, "no key was asked for");
      must((await say(known.key, message(1, "tools/list"), { origin: "https://evil.example" })).status === 403, "a foreign page was let in");
      must((await say(known.key, { method: "tools/list" })).json.error.code === -32600, "it is no message");
      must((await say(known.key, message(1, "tools/other"))).json.error.code === -32601, "there is no such method");
      must((await say(known.key, message(1, "tools/call", { name: "calendar.other" }))).json.error.code === -32602, "there is no such tool");
      must((await call("calendar.get_event", { event: "evt_none" })).wrong, "there is no such event");
      must((await call("calendar.list_events", { from: "2027-01-15", to: "2027-01-16", all: true })).wrong, "an unknown field was taken");
    },

    // Catches a tool that writes before somebody said yes, and one whose writing cannot be taken back.
    async "a tool plans until it is confirmed, and is taken back"() {
      const event = { title: "Swim", start: "2027-01-15T04:00:00Z", end: "2027-01-15T04:30:00Z" };
      const planned = await call("calendar.create_event", { event });
      must(planned.value.done === false, `it was no plan: ${JSON.stringify(planned)}`);
      const look = { from: "2027-01-15T04:00:00Z", to: "2027-01-15T05:00:00Z" };
      must((await call("calendar.list_events", look)).value.events.length === 0, "a plan made it");
      const made = (await call("calendar.create_event", { event, confirm: true })).value;
      must(made.done, `not made: ${JSON.stringify(made)}`);
      await until("the mirror of what a tool made", () => mirrorAt("04"));
      const why = (await call("calendar.explain_event", { event: made.event.id })).value;
      must(why.mirrors.some(({ wanted }) => wanted), `not why: ${JSON.stringify(why)}`);
      const change = { start: "2027-01-15T03:00:00Z", end: "2027-01-15T03:30:00Z" };
      const moved = (await call("calendar.update_event", { event: made.event.id, change, confirm: true })).value;
      must(moved.done && moved.event.start.includes("T03"), `not moved: ${JSON.stringify(moved)}`);
      const shown = (await call("calendar.undo", { run: moved.run })).value;
      must(shown.done === false && shown.entries.length > 0, `not what the run did: ${JSON.stringify(shown)}`);
      must((await call("calendar.undo", { run: moved.run, confirm: true })).value.done, "not taken back");
      const now = (await call("calendar.get_event", { event: made.event.id })).value;
      must(now.start.includes("T04"), `it is elsewhere: ${JSON.stringify(now)}`);
      must((await call("calendar.delete_event", { event: made.event.id, confirm: true })).value.deleted, "not deleted");
      await until("no mirror of it", async () => !(await mirrorAt("04")));
      for (const name of ["list_accounts", "get_sync_status", "list_policies", "plan"]) {
        must(!(await call(`calendar.${name}`, {})).wrong, `${name} fails`);
      }
    },

    // Catches a tool that changes what a person closed to it: an edge, what it carries, or that by an undo.
    async "an edge that is closed to tools is left alone by them"() {
      const event = { title: "Run", start: "2027-01-15T04:00:00Z", end: "2027-01-15T04:30:00Z" };
      const made = (await call("calendar.create_event", { event, confirm: true })).value;
      const { edges } = (await ask("GET", "/v1/edges", known.key)).json;
      const edge = edges.find(({ from }) => from === made.event.calendar);
      const place = `/v1/edges/${edge.id}/tools`;
      must((await call("calendar.get_policy_edge", { edge: edge.id })).value.level === edge.level, "another edge");
      must((await call("calendar.get_policy_edge", { edge: "pol_none" })).wrong, "there is no such edge");
      const { key } = (await ask("POST", "/v1/keys", ADMIN, { graph: known.graph, name: "tool", scopes: ["tools"] })).json;
      must((await ask("GET", place, known.key)).json.open === true, "it is closed already");
      must((await ask("PUT", place, known.key, { open: false })).json.open === false, "it was not closed");
      must((await ask("PUT", place, key, { open: true })).status === 403, "a tool's key opens it");
      // One that was closed when it was removed keeps nobody from anything.
      await rows(known.graph, `INSERT INTO worker_closed VALUES ('${edge.id.slice(0, -4)}0000')`);
      must((await call("calendar.list_policies", {})).value.closed_to_tools.join() === edge.id, "it is not said to be closed");
      const one = { event: made.event.id };
      for (const confirm of [false, true]) {
        const tried = [
          await call("calendar.create_event", { event, confirm }), await call("calendar.delete_event", { ...one, confirm }),
          await call("calendar.update_event", { ...one, change: { title: "Walk" }, confirm }), await call("calendar.undo", { run: made.run, confirm }),
        ];
        must(tried.every(({ value, wrong }) => wrong && value.code === "edge.closed"), `not left alone: ${JSON.stringify(tried)}`);
      }
      must((await ask("PATCH", `/v1/events/${one.event}`, known.key, { title: "Mine" })).status === 200, "people are kept from it");
      must((await ask("PUT", place, known.key, { open: true })).json.open === true, "it was not opened");
      must((await call("calendar.delete_event", { ...one, confirm: true })).value.deleted, "not deleted");
    },

    // Catches time that is free and taken at once, gaps in the answer, and a question that has no end.
    async "a tool says when there is time"() {
      const asked = { from: "2027-01-15", to: "2027-01-16", zone: "UTC" };
      const { value } = await call("calendar.get_availability", asked);
      const { stretches } = value;
      must(stretches[0].start === value.from && stretches.at(-1).end === value.to, `not all of it: ${JSON.stringify(value)}`);
      stretches.slice(1).forEach(({ start }, n) => must(start === stretches[n].end, "there is a gap"));
      const at = (time) => stretches.find(({ start, end }) => start <= time && time < end);
      must(at("2027-01-15T09:10:00Z").why.includes("busy"), `it is taken: ${JSON.stringify(at("2027-01-15T09:10:00Z"))}`);
      const same = (await ask("GET", "/v1/availability?from=2027-01-15&to=2027-01-16&zone=UTC", known.key)).json;
      must(JSON.stringify(same) === JSON.stringify(value), "it is otherwise over HTTP");
      for (const wrong of [{ ...asked, to: "2027-01-14" }, { ...asked, to: "2037-01-01" }, { from: "today" }, { zone: "Nowhere" }]) {
        must((await call("calendar.get_availability", wrong)).wrong, `answered: ${JSON.stringify(wrong)}`);
      }
    },

    // Catches a key that does more than it is for, one that anybody makes, and one that opens after its end.
    async "a key does what it is for"() {
      const make = async (scopes, by = ADMIN) => ask("POST", "/v1/keys", by, { graph: known.graph, name: "program", scopes });
      const [tools, read] = [(await make(["tools"])).json, (await make(["read"])).json];
      must((await make(["tools"], known.key)).status === 401, "a user makes keys");
      must((await make(["everything"])).status === 400, "a key is good for what nobody knows");
      const does = async ({ key }, method, path, body) => {
        const { status, json } = await ask(method, path, key, body);
        return status === 403 ? json.code : status < 300 ? "done" : status;
      };
      const list = message(1, "tools/call", { name: "calendar.list_accounts", arguments: {} });
      const walk = { title: "Walk", start: "2027-01-15T01:00:00Z", end: "2027-01-15T01:30:00Z" };
      const did = async (key) => [
        await does(key, "GET", "/v1/accounts"), await does(key, "POST", "/v1/events?dry_run=true", walk), await does(key, "POST", "/mcp", list),
        await does(key, "POST", "/v1/sign-ins", { provider: "google", name: "x" }), await does(key, "GET", "/v1/export"),
      ].join();
      const no = "key.scope";
      must((await did(tools)) === [no, no, "done", no, no].join(), `a key for tools does ${await did(tools)}`);
      must((await did(read)) === ["done", no, no, no, "done"].join(), `a key to look does ${await did(read)}`);
      const { keys } = (await ask("GET", "/v1/keys", ADMIN)).json;
      const listed = keys.find(({ id }) => id === tools.id);
      must(listed.graph === known.graph && listed.scopes === "tools", `not listed: ${JSON.stringify(keys)}`);
      must(!JSON.stringify(keys).includes(tools.key), "a key is told again");
      must((await ask("GET", "/v1/keys", known.key)).status === 401, "a user sees keys");
      must((await ask("DELETE", `/v1/keys/${tools.id}`, ADMIN)).status === 204, "it was not ended");
      must((await say(tools.key, list)).status === 401, "it opens after its end");
      must((await ask("DELETE", `/v1/keys/${tools.id}`, ADMIN)).status === 404, "it was ended twice");
      must((await does(known, "GET", "/v1/accounts")) === "done", "another key was ended");
    },
  };
};
