// Requests of examples/worker that come again: those whose answer was lost, failed at a provider, or is old.
import { createServer } from "node:http";

export const again = ({ ask, must, until, worker, options, known, ADMIN, davUrl, event, rows: of, registry }) => {
  const span = "from=2027-01-15&to=2027-01-16";
  const titles = async (key) => (await ask("GET", `/v1/events?${span}`, key)).json.events.map(({ title }) => title);
  const yoga = { title: "Yoga", start: "2027-01-15T03:00:00Z", end: "2027-01-15T03:30:00Z" };
  const post = (path, key, token, body) => ask("POST", path, key, body, { "idempotency-key": token });
  const me = {};

  const rows = (sql) => of(me.graph, sql);
  const lose = () => rows("UPDATE worker_answers SET status = NULL, body = NULL WHERE token LIKE '%lost'");

  return {
    // Catches a request that died before its answer was kept, and that takes back what was done since.
    async "what was made stays changed or deleted when its request comes again"() {
      Object.assign(me, (await ask("POST", "/v1/users", ADMIN, { name: "again" })).json);
      const make = () => post("/v1/events", me.key, "lost", yoga);
      const made = await make();
      must(made.status === 201, `not made: ${made.text}`);
      const place = `/v1/events/${made.json.event.id}`;
      must((await ask("PATCH", place, me.key, { title: "Ballet" })).status === 200, "it was not changed");
      await lose();
      const changed = await make();
      must(changed.status === 201 && changed.replayed === null, `not carried out again: ${changed.text}`);
      must(changed.json.event.title === "Ballet", `a change was taken back: ${changed.text}`);
      must(changed.json.run === made.json.run, "another run made it");
      must((await ask("DELETE", place, me.key)).status === 200, "it was not deleted");
      await lose();
      must((await make()).status === 404, "it is there again");
      must((await titles(me.key)).length === 0, "it came back");
    },

    // Catches the failure of a provider that is told for a day, and a refusal of one that is asked again.
    async "what failed at a provider is done anew"() {
      let asked = 0;
      const server = createServer((_, answer) => {
        asked += 1;
        answer.writeHead(asked === 1 ? 503 : 200, { "content-type": "text/calendar" }).end(asked === 1 ? "" : event("fed", "Fed", "04"));
      });
      await new Promise((heard) => server.listen(0, "127.0.0.1", heard));
      const feed = { kind: "feed", name: "feed", url: `http://127.0.0.1:${server.address().port}/feed.ics` };
      const add = (name = "fed") => post("/v1/accounts", me.key, "down", { ...feed, name });
      try {
        const down = await add("feed");
        must(down.status === 422, `it did not fail: ${down.text}`);
        // Nothing was done: what is sent now may be another request.
        const up = await add();
        must(up.status === 201 && up.replayed === null, `the failure was kept: ${up.text}`);
        must((await add()).replayed === "true", "it was added twice");
        me.feed = { add, id: up.json.id };
      } finally {
        server.close();
      }
      const wrong = { kind: "caldav", name: "wrong", url: davUrl, user: "alice", password: "wrong" };
      const [first, second] = [await post("/v1/accounts", me.key, "shut", wrong), await post("/v1/accounts", me.key, "shut", wrong)];
      must(first.status === 422 && first.replayed === null, `it was let in: ${first.text}`);
      must(second.text === first.text && second.replayed === "true", "a refusal is asked for again");
    },

    // Catches what was told of an account that stays when the account has gone, and a request that is carried out twice.
    async "what was answered of an account goes with it"() {
      must((await ask("DELETE", `/v1/accounts/${me.feed.id}`, me.key)).status === 200, "it was not removed");
      const said = await me.feed.add();
      must(said.status === 201 && said.replayed === "true", `it was added anew: ${said.text}`);
      must(said.json.code === "idempotency.forgotten" && !said.text.includes(me.feed.id), `it is told still: ${said.text}`);
    },

    // Catches keys and users beyond the first page, whom nobody could list.
    async "what the admin lists has pages"() {
      const many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)";
      await registry(`${many} INSERT INTO users (graph, name) SELECT printf('gra_many%04d', i), printf('many-%d', i) FROM n`);
      await registry(`${many} INSERT INTO keys (hash, graph) SELECT printf('%016x', i), '${me.graph}' FROM n`);
      for (const list of ["keys", "users"]) {
        const all = new Set();
        for (let next = ""; next !== null; ) {
          const page = (await ask("GET", `/v1/${list}?after=${next}`, ADMIN)).json;
          must(page[list]?.length > 0 && page[list].length <= 500, `no page of ${list} behind ${next}`);
          for (const { graph, id } of page[list]) all.add(`${graph} ${id}`);
          next = page.next;
        }
        const [{ n }] = (await registry(`SELECT count(*) AS n FROM ${list}`)).results;
        must(all.size === n, `${all.size} of ${n} ${list}`);
      }
      await registry("DELETE FROM keys WHERE length(hash) = 16");
      await registry("DELETE FROM users WHERE name LIKE 'many-%'");
    },

    // Catches programs of one user that stand in each other's way.
    async "a token belongs to the key that it came with"() {
      const { key } = (await ask("POST", "/v1/keys", ADMIN, { graph: me.graph, name: "other" })).json;
      const [mine, theirs] = [await post("/v1/events", me.key, "1", yoga), await post("/v1/events", key, "1", { ...yoga, title: "Theirs" })];
      must(mine.status === 201 && theirs.status === 201, `two keys met: ${theirs.text}`);
      const [same, too] = [await post("/v1/events", me.key, "2", yoga), await post("/v1/events", key, "2", yoga)];
      must(same.json.event.id !== too.json.event.id && too.replayed === null, "one's answer is another's");
    },

    // Catches a plan that stands in the way of what it planned, or that is an old one.
    async "a dry run claims no token"() {
      const tried = () => post("/v1/events?dry_run=true", me.key, "tried", yoga);
      must((await tried()).status === 200 && (await tried()).replayed === null, "a plan was kept");
      must((await post("/v1/events", me.key, "tried", yoga)).status === 201, "the plan has its token");
    },

    // Catches answers that lie there until a request with a token comes, which may be never.
    async "old answers go without a request"() {
      const kept = async () => (await rows("SELECT count(*) AS n FROM worker_answers"))[0].n;
      await rows("UPDATE worker_answers SET first = first - 86000000");
      await (await worker.getWorker()).scheduled({ cron: "17 */6 * * *" });
      must((await kept()) > 0, "answers go within a day");
      await rows("UPDATE worker_answers SET first = first - 1000000");
      await (await worker.getWorker()).scheduled({ cron: "17 */6 * * *" });
      await until("they are gone", async () => (await kept()) === 0);
    },

    // Catches code that writes into a registry whose later form it does not know.
    async "a registry of a later version is left alone"() {
      await registry("INSERT INTO migrations (version) VALUES (99)");
      // An isolate looks once.
      await worker.setOptions(options({}));
      const refused = await ask("GET", "/v1/accounts", known.key);
      must(refused.status === 500 && refused.json.code === "registry.later", `it goes on: ${refused.text}`);
      must(refused.json.detail.includes("deploy a later version"), `what to do is not said: ${refused.text}`);
      await registry("DELETE FROM migrations WHERE version = 99");
      must((await ask("GET", "/v1/accounts", known.key)).status === 200, "it serves nobody");
    },
  };
};
