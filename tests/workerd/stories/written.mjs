// What a user of examples/worker writes: events here and at their providers, and what is read before and after.

export const written = ({ ask, must, until, dav, mirrorAt, worker, event, known, WORK, ADMIN, davUrl }) => {
  const span = "from=2027-01-15&to=2027-01-16";
  const titled = async (title) =>
    (await ask("GET", `/v1/events?${span}`, known.key)).json.events.find((it) => it.title === title)?.event;
  const call = async (key, name, given) => {
    const params = { name, arguments: given };
    const { result } = (await ask("POST", "/mcp", key, { jsonrpc: "2.0", id: 1, method: "tools/call", params })).json;
    return { value: result.structuredContent, wrong: result.isError };
  };
  const archived = async () => (await (await worker.getR2Bucket("ARCHIVE")).list()).objects.map(({ key }) => key);
  const settled = () =>
    until("nothing is left to do", async () => (await ask("POST", "/v1/sync", known.key)).json.settled);

  return {
    // Catches a dry run that writes, an event that no edge carries, a change over what somebody else wrote meanwhile,
    // and a run that cannot be taken back.
    async "an event is made here, changed, taken back and deleted"() {
      const walk = { title: "Walk", start: "2027-01-15T05:00:00Z", end: "2027-01-15T05:30:00Z" };
      const tried = async () => ask("POST", "/v1/events?dry_run=true", known.key, walk);
      const first = await tried();
      must(first.status === 200 && first.json.done === false, `it was no plan: ${first.text}`);
      must((await titled("Walk")) === undefined, "a dry run made it");
      const made = await ask("POST", "/v1/events", known.key, walk);
      must(made.status === 201 && made.json.event.calendar_name === "own/main", `not made: ${made.text}`);
      const from = made.json.event.calendar;
      const edge = await ask("POST", "/v1/edges", known.key, { from, to_account: known.bob });
      must(edge.status === 201, `no edge was made: ${edge.text}`);
      must((await tried()).json.carried_to.length === 1, "what is made goes nowhere");
      await until("the mirror of what was made here", () => mirrorAt("05"));
      const { id, etag } = made.json.event;
      const later = { start: "2027-01-15T06:00:00Z", end: "2027-01-15T06:30:00Z" };
      const stale = await ask("PATCH", `/v1/events/${id}`, known.key, later, { "if-match": '"other"' });
      must(stale.status === 412, `it was changed over another's change: ${stale.text}`);
      const moved = await ask("PATCH", `/v1/events/${id}`, known.key, later, { "if-match": `"${etag}"` });
      must(moved.status === 200 && moved.json.event.title === "Walk", `not moved: ${moved.text}`);
      await until("the mirror at another time", async () => (await mirrorAt("06")) && !(await mirrorAt("05")));
      const undone = await ask("POST", `/v1/runs/${moved.json.run}/undo`, known.key);
      must(undone.status === 200 && undone.json.kept.length === 0, `not taken back: ${undone.text}`);
      await until("the mirror where it was", async () => (await mirrorAt("05")) && !(await mirrorAt("06")));
      must((await ask("DELETE", `/v1/events/${id}`, known.key)).json.deleted, "it was not deleted");
      await until("no mirror of what is gone", async () => !(await mirrorAt("05")));
      must((await ask("GET", `/v1/events/${id}`, known.key)).status === 404, "it is shown still");
      must((await ask("POST", "/v1/events", known.key, { title: "x", start: "soon" })).status === 400, "no time was taken");
    },

    // Catches a request that is carried out twice because its answer was lost, one that passes for another under
    // the same token, a refusal that is not kept, and a token of one user's that holds for another.
    async "what comes again with its Idempotency-Key is done once"() {
      const run = { title: "Run", start: "2027-01-15T02:00:00Z", end: "2027-01-15T02:30:00Z" };
      const token = { "idempotency-key": "first" };
      const make = (key, body, headers) => ask("POST", "/v1/events", key, body, headers);
      const together = await Promise.all([1, 2, 3].map(() => make(known.key, run, token)));
      must(together.some(({ status }) => status === 201), `not made: ${together[0].text}`);
      must(together.every(({ status, json }) => status === 201 || json.code === "idempotency.under-way"), `it was made otherwise: ${together.map(({ text }) => text)}`);
      const again = await make(known.key, run, token);
      must(together.some(({ status, replayed }) => status === 201 && replayed === null), "a first answer passes for a later one");
      must(again.replayed === "true", "it was carried out again");
      must(again.text === together.find(({ status }) => status === 201).text, `answered otherwise: ${again.text}`);
      const all = (await ask("GET", `/v1/events?${span}`, known.key)).json.events;
      must(all.filter(({ title }) => title === "Run").length === 1, "it was made more than once");
      const other = await make(known.key, { ...run, title: "Swim" }, token);
      must(other.status === 422 && other.json.code === "idempotency.reused", `taken for another: ${other.text}`);
      must((await titled("Swim")) === undefined, "another was made under the same token");
      const wrong = () => make(known.key, { title: "x", start: "soon" }, { "idempotency-key": "wrong" });
      const [refused, refusedAgain] = [await wrong(), await wrong()];
      must(refused.status === 400 && refusedAgain.text === refused.text, `refused otherwise: ${refusedAgain.text}`);
      must(refused.replayed === null && refusedAgain.replayed === "true", "a refusal was not kept");
      const place = `/v1/events/${again.json.event.id}`;
      const gone = () => ask("DELETE", place, known.key, undefined, { "idempotency-key": "gone" });
      const [first, second] = [await gone(), await gone()];
      must(first.json.deleted && second.status === 200 && second.text === first.text, `not deleted once: ${second.text}`);
      must(first.replayed === null && second.replayed === "true", "it was deleted again");
      must((await ask("DELETE", place, known.key)).status === 404, "without a token it is answered again");
      must((await make(known.key, run, { "idempotency-key": "t".repeat(256) })).status === 400, "a token has no end");
      const { key } = (await ask("POST", "/v1/users", ADMIN, { name: "runner" })).json;
      must((await make(key, run, token)).json.event.id !== again.json.event.id, "a token holds for everybody");
    },

    // Catches a change that stays here, and a deletion that leaves the event at its provider or its mirror.
    async "an event is changed and deleted where its provider has it"() {
      const tea = await titled("Tea");
      const renamed = await ask("PATCH", `/v1/events/${tea}`, known.key, { title: "Coffee" });
      must(renamed.status === 200 && renamed.json.event.waiting, `not changed: ${renamed.text}`);
      const there = () => dav("GET", `${WORK}later.ics`, "alice");
      await until("the title at the provider", async () => (await there()).text.includes("SUMMARY:Coffee"));
      must((await mirrorAt("16")).shown.includes("SUMMARY:Busy"), "the mirror shows it");
      const gone = await ask("DELETE", `/v1/events/${tea}`, known.key);
      must(gone.status === 200 && gone.json.deleted, `not deleted: ${gone.text}`);
      await until("it is gone at the provider", async () => (await there()).status === 404);
      await until("its mirror is gone", async () => !(await mirrorAt("16")));
    },

    // Catches a plan that writes, or that says nothing of what a sync then writes.
    async "a plan says what a sync would write, and writes nothing"() {
      await settled();
      must((await dav("PUT", `${WORK}planned.ics`, "alice", event("planned", "Concert", "21"))).status < 300, "no event was made");
      const { operations } = (await ask("GET", "/v1/plan", known.key)).json;
      must(operations.some(({ action, title }) => action === "create" && title === "Busy"), `not planned: ${JSON.stringify(operations)}`);
      must(!(await mirrorAt("21")), "a plan wrote");
      await settled();
      must(await mirrorAt("21"), "a sync wrote something else");
    },

    // Catches an export that lacks events, one that is older than the graph, and a bucket that fills with old ones.
    async "all events are exported to the archive and read from it"() {
      const first = await ask("GET", "/v1/export", known.key);
      must(first.status === 200 && first.text.startsWith("BEGIN:VCALENDAR"), `no export: ${first.text}`);
      must(first.text.includes("SUMMARY:Concert") && !first.text.includes("SUMMARY:Busy"), "not all, or mirrors too");
      must((await ask("GET", "/v1/export", known.key)).text === first.text, "it was written anew");
      const made = await ask("POST", "/v1/events", known.key, { title: "Exported", start: "2027-02-01" });
      must((await ask("GET", "/v1/export", known.key)).text.includes("SUMMARY:Exported"), "it is an old one");
      must((await archived()).length === 1, `${await archived()} lie in the archive`);
      await ask("DELETE", `/v1/events/${made.json.event.id}`, known.key);
    },

    // Catches events that lie in the archive in clear for good.
    async "an export is forgotten by the hour"() {
      must((await archived()).length > 0, "nothing was exported");
      const hour = async (inHours) =>
        (await worker.getWorker()).scheduled({ cron: "17 */6 * * *", scheduledTime: new Date(Date.now() + inHours * 3_600_000) });
      await hour(0);
      must((await archived()).length === 1, "it was forgotten at once");
      await hour(2);
      must((await archived()).length === 0, `${await archived()} lie there still`);
    },

    // Catches events of an account in the archive after its owner removed it, what others exported going too, and a
    // tool that brings the account back.
    async "an export goes when an account is removed"() {
      const leaver = (await ask("POST", "/v1/users", ADMIN, { name: "leaver" })).json;
      const account = { kind: "caldav", name: "old", url: davUrl, user: "alice", password: "secret" };
      const { id } = (await ask("POST", "/v1/accounts", leaver.key, account)).json;
      for (const key of [leaver.key, known.key]) must((await ask("GET", "/v1/export", key)).status === 200, "no export");
      must((await archived()).length === 2, `${await archived()} lie in the archive`);
      const removed = await ask("DELETE", `/v1/accounts/${id}`, leaver.key);
      must(removed.status === 200, `not removed: ${removed.text}`);
      const left = await archived();
      must(left.length === 1 && left[0].includes(known.graph), `${left} lie there`);
      // Nor does a tool bring the account back, which its owner removed: a person does.
      for (const confirm of [false, true]) {
        const undone = await call(leaver.key, "calendar.undo", { run: removed.json.run, confirm });
        must(undone.wrong && undone.value.code === "tools.people", `a tool takes it back: ${JSON.stringify(undone)}`);
      }
    },

    // Catches a run of which a part passes for all.
    async "what a run changed is shown in pages"() {
      const { key } = (await ask("POST", "/v1/users", ADMIN, { name: "reader" })).json;
      const account = { kind: "caldav", name: "home", url: davUrl, user: "bob", password: "secret" };
      must((await ask("POST", "/v1/accounts", key, account)).status === 201, "no account was taken");
      await until("what is there is read", async () => (await ask("POST", "/v1/sync", key)).json.settled);
      const places = Array.from({ length: 60 }, (_, n) => `/dav/calendars/bob/Home/many-${n}.ics`);
      const made = places.map((place, n) => dav("PUT", place, "bob", event(`many-${n}`, "Many", "23").replaceAll("20270115", "20270301")));
      must((await Promise.all(made)).every(({ status }) => status < 300), "no events were made");
      // A plan reads, and what it reads is recorded in its run.
      const plan = (await ask("GET", "/v1/plan", key)).json;
      must(plan.whole && plan.count === plan.operations.length, `a small plan is not whole: ${JSON.stringify(plan)}`);
      const seen = new Set();
      for (let next = 0; next !== null; ) {
        const page = (await ask("GET", `/v1/runs/${plan.run}?after=${next}`, key)).json;
        must(page.entries.length <= 50, `${page.entries.length} at once`);
        page.entries.forEach((entry) => seen.add(entry.event));
        next = page.next;
      }
      must(seen.size >= 60, `${seen.size} of 60 are shown`);
      const { value } = await call(key, "calendar.undo", { run: plan.run });
      must(value.count >= 60 && value.next !== null, `a part passes for all: ${value.count}, ${value.next}`);
      await Promise.all(places.map((place) => dav("DELETE", place, "bob")));
    },
  };
};
