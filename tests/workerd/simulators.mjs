// Simulated providers, and a port for whoever listens to them.
import { spawn } from "node:child_process";
import { createServer } from "node:net";

export class Simulators {
  #program;
  #running = [];

  constructor(program) {
    this.#program = program;
  }

  // A simulator says on its first line where it is, and what is known there.
  async run(args) {
    const sim = spawn(this.#program, args.split(" "), { stdio: ["ignore", "pipe", "inherit"] });
    this.#running.push(sim);
    return new Promise((known, gone) => {
      sim.once("exit", () => gone(new Error("the simulator ended before it was ready")));
      sim.stdout.once("data", (line) => known(JSON.parse(String(line).replace("READY ", ""))));
    });
  }

  end() {
    for (const sim of this.#running) sim.kill();
  }

  // Ends them, and waits until their addresses are free.
  async ended() {
    const gone = this.#running.map((sim) => new Promise((over) => (sim.exitCode === null ? sim.on("exit", over) : over())));
    this.end();
    await Promise.all(gone);
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise((heard) => server.listen(0, "127.0.0.1", heard));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}
