// Runs the Worker of this crate in workerd, by Miniflare, and every test that it lists.
// usage: node run.mjs FOLDER_OF_MINIFLARE FOLDER_OF_THE_WORKER PROGRAM_OF_THE_SIMULATORS
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Simulators } from "./simulators.mjs";

const [tools, built, program] = process.argv.slice(2).map((place) => resolve(place));
const { Log, LogLevel, Miniflare } = createRequire(join(tools, "package.json"))("miniflare");

const simulators = new Simulators(program);
const people = "--user alice:secret --user bob:secret --user carol:secret";
const calendars = "--calendar alice/Work --calendar bob/Home --calendar carol/Many";
const caldav = await simulators.run(`caldav ${people} ${calendars}`);
const google = await simulators.run("google");
const silent = createServer(() => {});
await new Promise((heard) => silent.listen(0, "127.0.0.1", heard));

const folder = mkdtempSync(join(tmpdir(), "kalends-workerd-"));
const options = {
  cf: false,
  log: new Log(LogLevel.NONE),
  handleRuntimeStdio() {}, // every panic is written there too; what failed is said below
  compatibilityDate: "2026-01-01",
  modules: [
    { type: "ESModule", path: "index.js", contents: readFileSync(join(built, "index.js")) },
    { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(join(built, "index_bg.wasm")) },
  ],
  bindings: {
    SIM: caldav.url,
    SILENT: `http://127.0.0.1:${silent.address().port}/`,
    GOOGLE: google.api,
    REFRESH: google.refresh_token,
  },
  durableObjects: { CONTRACT: { className: "Contract", useSQLite: true } },
  durableObjectsPersist: folder,
};
let worker = new Miniflare(options);

async function ask(path) {
  const late = AbortSignal.timeout(300_000); // a case that never ends has failed
  const answer = await worker.dispatchFetch(`http://worker/${path}`, { signal: late });
  return { status: answer.status, text: await answer.text() };
}

const failed = [];
try {
  const { text } = await ask("list/cases");
  const cases = text.split("\n");
  const passes = async (object, name) => {
    const answer = await ask(`${object}/${name}`).catch((error) => ({ status: 0, text: String(error) }));
    if (answer.status !== 200) failed.push(`${name}: ${answer.text.split("\n    at ")[0]}`);
  };
  // An object of its own for each, and so a database.
  for (const name of cases) await passes(name, name);
  // An object that really ended: with it the whole runtime, between its commit and the queue.
  await passes("ended", "object::something_is_said");
  await worker.dispose();
  worker = new Miniflare(options);
  await passes("ended", "object::the_next_runtime_hands_it_on");
  cases.push("in two runtimes");
  if (cases.length < 65) failed.push(`only ${cases.length} cases were listed: ${text}`);
  for (const line of failed) console.error(`FAILED ${line}`);
  console.log(`${cases.length - failed.length} of ${cases.length} cases passed in workerd`);
} finally {
  await worker.dispose();
  simulators.end();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed.length === 0 ? 0 : 1); // connections to the silent server may stand
