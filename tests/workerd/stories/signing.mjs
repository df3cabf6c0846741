// People who sign in to their providers with a browser, at examples/worker.
import { readFileSync } from "node:fs";

export const signing = ({ ask, must, until, mirrorAt, url, known, graph, exchanges, rows }) => {
  // One step of a browser: it follows nothing by itself.
  const visit = (address, { cookie, form, headers } = {}) =>
    fetch(address, {
      method: form === undefined ? "GET" : "POST",
      redirect: "manual",
      headers: { ...(cookie && { cookie }), ...(form !== undefined && { "content-type": "application/x-www-form-urlencoded" }), ...headers },
      body: form,
    });
  const cookieOf = (answer) => answer.headers.getSetCookie().map((line) => line.split(";")[0]).find((it) => !it.endsWith("="));
  const begin = async (body) => {
    const begun = await ask("POST", "/v1/sign-ins", known.key, body);
    must(begun.status === 201, `no sign-in began: ${begun.text}`);
    return begun.json;
  };
  const seen = async (address) => {
    const page = await visit(address);
    const text = await page.text();
    return { text, cookie: cookieOf(page), form: `token=${text.match(/value="([0-9a-f]+)"/)?.[1]}`, headers: page.headers };
  };
  // From the page to the provider, who says yes at once, and what it sends the browser back with.
  const through = async (address) => {
    const page = await seen(address);
    const sent = await visit(address, page);
    must(sent.status === 303, `not sent on: ${sent.status}`);
    const back = await visit(sent.headers.get("location"));
    return { cookie: cookieOf(sent), back: back.headers.get("location") };
  };

  return {
    // Catches a sign-in that is good twice, or in another browser, one that a stranger is sent through, and an address
    // that browsers are sent to without anybody having named it.
    async "somebody signs in to Google with a browser"() {
      const begun = await begin({ provider: "google", name: "google" });
      must(begun.address.startsWith(`${url}/sign-in/`) && begun.asks.length === 4, `not this: ${JSON.stringify(begun)}`);
      const page = await seen(begun.address);
      must(page.text.includes("read the events") && page.text.includes("alice"), "it is not said what is asked for");
      must(page.headers.get("content-security-policy").includes("default-src 'none'"), "the page loads from elsewhere");
      for (const wrong of [{ form: page.form }, { cookie: page.cookie, form: "" }, { cookie: page.cookie, form: "token=0" }]) {
        must((await visit(begun.address, wrong)).status === 403, `sent through: ${JSON.stringify(wrong)}`);
      }
      const { cookie, back } = await through(begun.address);
      must((await visit(begun.address)).status === 410, "two browsers took it up");
      must((await visit(back)).status === 410, "a browser without its cookie ended it");
      must((await visit(back, { cookie: "kalends-sign-in=stolen" })).status === 410, "a stolen one ended it");
      const other = await through((await begin({ provider: "google", name: "google" })).address);
      must((await visit(back, { cookie: other.cookie })).status === 422, "the state is another's");
      const ended = await visit(back, { cookie });
      must(ended.status === 200, `not connected: ${await ended.text()}`);
      must((await visit(back, { cookie })).status === 410, "it is good twice");
      const evil = await ask("POST", "/v1/sign-ins", known.key, { provider: "google", name: "x", return_to: "https://evil.example/" });
      must(evil.status === 422, "a browser may be sent anywhere");
      must((await ask("POST", "/v1/sign-ins", undefined, { provider: "google", name: "x" })).status === 401, "no key was asked for");
    },

    // Catches a provider that is not known here, tokens that do not work, and notices of Microsoft's that nobody takes.
    async "somebody signs in to Microsoft, and is mirrored"() {
      const { address } = await begin({ provider: "microsoft", name: "office", return_to: "https://app.example/done" });
      const { cookie, back } = await through(address);
      const ended = await visit(back, { cookie });
      must(ended.headers.get("location") === "https://app.example/done?account=office", `not there: ${ended.status} ${await ended.text()}`);
      const { accounts } = (await ask("GET", "/v1/accounts", known.key)).json;
      const office = accounts.find(({ provider }) => provider === "microsoft");
      const from = office.calendars.find(({ on, role }) => on && role === "theirs").id;
      const edge = await ask("POST", "/v1/edges", known.key, { from, to_account: known.bob });
      must(edge.status === 201, `no edge was made: ${edge.text}`);
      const at = (hour) => ({ dateTime: `2027-01-15T${hour}:00:00`, timeZone: "UTC" });
      const made = await fetch(`${graph.api}/v1.0/me/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${graph.token}`, "content-type": "application/json" },
        body: JSON.stringify({ subject: "Board", start: at("11"), end: at("12") }),
      });
      must(made.status === 201, `no event was made: ${await made.text()}`);
      await until("the mirror of Microsoft's", async () => {
        await ask("POST", "/v1/sync", known.key);
        return mirrorAt("11");
      });
    },

    // Catches a sign-in that outlives its account, one that ends before the mirrors that need it, and a secret that stays.
    async "a sign-in ends with its account, behind all else"() {
      const secrets = async () => (await rows(known.graph, "SELECT count(*) AS n FROM secrets"))[0].n;
      const lines = () => readFileSync(exchanges, "utf8").split("\n");
      const ended = () => lines().findIndex((line) => line.includes("/revoke"));
      const google = async () => (await ask("GET", "/v1/accounts", known.key)).json.accounts.find(({ provider }) => provider === "google");
      const [before, { id }] = [await secrets(), await google()];
      must(ended() < 0, "it ended while it was needed");
      must((await ask("DELETE", `/v1/accounts/${id}`, known.key)).status === 200, "it was not removed");
      await until("it is gone", async () => {
        await ask("POST", "/v1/sync", known.key);
        return !(await google());
      });
      await until("its sign-in has ended, and its secret is gone", async () => ended() > 0 && (await secrets()) === before - 1);
      const after = lines().slice(ended()).filter((line) => line.includes("/calendar/v3/"));
      must(after.length === 0, `asked with what has ended: ${after}`);
    },
  };
};
