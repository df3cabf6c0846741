// Watches of examples/worker that grow old.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// What a channel lives under the fault below, and after what part of it another takes its place.
const LIFE_MS = 15_000;
const RENEWED = 2 / 3;

export const watched = ({ ask, must, until, worker, options, simulators, folder, ADMIN, alarm }) => ({
  // Catches watches that end where they are: neither their address nor anything else but their age asks for others.
  async "the hour renews watches that grow old"() {
    const [log, faults] = [join(folder, "brief.jsonl"), join(folder, "brief.json")];
    writeFileSync(faults, JSON.stringify([{ method: "POST", path: "*/watch", when: "always", fault: "F21-brief" }]));
    const google = await simulators.run(`google --zone UTC --user dave@example.com --faults ${faults} --log ${log}`);
    const bound = { GOOGLE_API: google.api, GOOGLE_AUTH: google.auth, GOOGLE_CLIENT_ID: google.client_id, EVERY_SECONDS: "86400" };
    await worker.setOptions(options(bound));
    const { graph, key } = (await ask("POST", "/v1/users", ADMIN, { name: "dave" })).json;
    const tokens = { refresh_token: google.refresh_token, client_id: google.client_id };
    const added = await ask("POST", "/v1/accounts", key, { kind: "google", name: "google", tokens });
    must(added.status === 201, `not taken in: ${added.text}`);
    const opened = () => readFileSync(log, "utf8").split("\n").filter((line) => line.includes("/watch")).length;
    await until("Google tells of changes", async () => (await ask("GET", "/v1/status", key)).json.watched_calendars > 0);
    await until("nothing is left to do", async () => (await ask("POST", "/v1/sync", key)).json.settled);
    // Its own alarm is lost: only the hour looks at it. A slice that is under way sets another one.
    await until("no alarm comes", async () => {
      await alarm(graph, "DELETE");
      await new Promise((over) => setTimeout(over, 1_000));
      return (await alarm(graph, "GET")) === null;
    });
    const before = opened();
    await new Promise((over) => setTimeout(over, LIFE_MS * RENEWED));
    must(opened() === before, "somebody else renews them");
    await (await worker.getWorker()).scheduled({ cron: "17 */6 * * *" });
    await until("Google is asked to tell of changes anew", () => opened() > before);
    await worker.setOptions(options({}));
  },
});
