// How large the Worker of the example is, how quickly it starts, and what a commit costs in an object.
// usage: node measure.mjs FOLDER_OF_MINIFLARE FOLDER_OF_THE_TESTS FOLDER_OF_THE_EXAMPLE
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

const [tools, tests, example] = process.argv.slice(2).map((place) => resolve(place));
const { Log, LogLevel, Miniflare } = createRequire(join(tools, "package.json"))("miniflare");

const modules = (built) => [
  { type: "ESModule", path: "index.js", contents: readFileSync(join(built, "index.js")) },
  { type: "CompiledWasm", path: "index_bg.wasm", contents: readFileSync(join(built, "index_bg.wasm")) },
];
// What a start costs without any module of ours.
const EMPTY = [{ type: "ESModule", path: "index.js", contents: "export default { fetch: () => new Response('alive') }" }];

function start(modules, more) {
  return new Miniflare({
    cf: false,
    log: new Log(LogLevel.NONE),
    handleRuntimeStdio() {},
    compatibilityDate: "2026-01-01",
    modules,
    ...more,
  });
}

const median = (all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)];

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const wasm = readFileSync(join(example, "index_bg.wasm"));
const glue = readFileSync(join(example, "index.js"));
const kb = (bytes) => Math.round(bytes / 1000);
console.log(`size: module ${kb(wasm.length)} kB, as gzip has it ${kb(gzipSync(wasm).length)} kB; glue ${kb(glue.length)} kB, ${kb(gzipSync(glue).length)} kB`);

// The first request makes the isolate and instantiates the module; the next ones do not.
async function begun(modules) {
  const first = [];
  for (let run = 0; run < 7; run++) {
    const worker = start(modules, {});
    await worker.ready;
    const health = async () => (await worker.dispatchFetch("http://worker/health")).text();
    const cold = await timed(health);
    const warm = median([await timed(health), await timed(health), await timed(health)]);
    first.push(cold - warm);
    await worker.dispose();
  }
  return `${median(first).toFixed(1)} ms`;
}
console.log(`start: the first request takes ${await begun(modules(example))} longer than the next, of an empty Worker ${await begun(EMPTY)} (medians of seven)`);

const worker = start(modules(tests), { durableObjects: { CONTRACT: { className: "Contract", useSQLite: true } } });
for (let object = 1; object <= 5; object++) {
  const answer = await worker.dispatchFetch(`http://worker/measured-${object}/commit_ms`);
  console.log(`commit of 1,500 rows, object ${object}: ${await answer.text()}`);
}
await worker.dispose();
