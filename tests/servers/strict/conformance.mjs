// Before the conformance suite of the Model Context Protocol (`node --import`): a way to a server
// that asks for a key, `TARGET` and `KEY` in the environment, which the suite is pointed to.

import { createServer, request } from "node:http";
import { register } from "node:module";

// The suite imports something of later versions of Node by name, for clients alone.
const older = 'export * from "node:fs"; export const globSync = undefined;';
const resolve = `export async function resolve(specifier, context, next) {
  const wants = specifier === "fs" && context.parentURL?.includes("/conformance/dist/");
  if (!wants) return next(specifier, context);
  return { url: ${JSON.stringify(`data:text/javascript,${encodeURIComponent(older)}`)}, shortCircuit: true };
}`;
register(`data:text/javascript,${encodeURIComponent(resolve)}`);

const { TARGET, KEY } = process.env;
const proxy = createServer((asked, answer) => {
  const { method, headers } = asked;
  const passed = request(
    TARGET,
    { method, headers: { ...headers, authorization: `Bearer ${KEY}` } },
    (said) => {
      answer.writeHead(said.statusCode, said.headers);
      said.pipe(answer);
    },
  );
  passed.on("error", () => answer.destroy());
  asked.pipe(passed);
});
await new Promise((listening) => proxy.listen(0, "127.0.0.1", listening));
proxy.unref();
process.argv.push("--url", `http://127.0.0.1:${proxy.address().port}/mcp`);
