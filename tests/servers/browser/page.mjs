// What a person does at the page of `kalends demo`, in a browser without a window. It fails on anything
// that the console calls an error, on any request to elsewhere, and on what axe finds, light and dark.
//
//   node page.mjs TOOLS CHROMIUM LINK CALDAV [PICTURES]
//
// CALDAV is where a calendar server has alice and bob, whose password is secret, and takes no event for bob.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [tools, chromium, link, server, pictures] = process.argv.slice(2);
const require = createRequire(join(tools, "browser", "package.json"));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const origin = new URL(link).origin;

const wrong = [];
const PATIENCE_MS = 90_000;

// The CalDAV account of the person who comes along, with one event of tomorrow's noon.
const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
const day = tomorrow.replaceAll("-", "");
const event = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//t//t//EN", "BEGIN:VEVENT", "UID:boat@x",
  "DTSTAMP:20260101T000000Z", `DTSTART:${day}T120000Z`, `DTEND:${day}T130000Z`, "SUMMARY:Boat trip",
  "END:VEVENT", "END:VCALENDAR", ""].join("\r\n");

// What alice does in another program.
async function alice(method, name, body) {
  const headers = { authorization: "Basic " + btoa("alice:secret"), "content-type": "text/calendar" };
  const answer = await fetch(new URL(`/alice/Work/${name}.ics`, server), { method, body, headers });
  if (!answer.ok) throw new Error(`${method} of ${name} is answered with ${answer.status}`);
}

async function main() {
  await alice("PUT", "boat", event);
  const browser = await puppeteer.launch({
    executablePath: chromium, headless: true,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"],
  });
  try {
    await visit(await browser.newPage());
  } finally {
    await browser.close();
  }
}

async function visit(page) {
  page.setDefaultTimeout(PATIENCE_MS);
  await page.setViewport({ width: 1360, height: 900 });
  page.on("console", (said) => { if (said.type() === "error") wrong.push(`console: ${said.text()}`); });
  page.on("pageerror", (error) => wrong.push(`script: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith("data:") && new URL(url).origin !== origin) wrong.push(`request to ${url}`);
  });

  await page.goto(`${origin}/page/sign-in`);
  await judged(page, "the way in by a key");
  await page.goto(link);
  await judged(page, "the way in");
  await pressed(page, "main form button");
  await live(page);
  await page.waitForFunction(() => {
    const all = [...document.querySelectorAll(".accounts > li")];
    return all.length === 3 && all.every((one) => one.classList.contains("good"));
  });
  await page.waitForFunction(() => document.querySelectorAll(".copies .live").length >= 10);
  await judged(page, "the page");
  await picture(page, "page-light", "light");
  await picture(page, "page-dark", "dark");

  // An account is connected, and what is in it is there without loading anything anew.
  await connected(page, "boat club", "alice");
  await marked(page);
  await page.goto(`${origin}/page?week=${tomorrow}`);
  await live(page);
  await marked(page);
  await page.waitForFunction(() => document.body.innerText.includes("Boat trip"));
  await isMarked(page, "the account's events came");

  // An edge is drawn: its copy arrives by itself, and goes by itself once it is undone.
  const select = 'select[aria-label="boat club/Work to private (overlay)"]';
  await page.waitForSelector(select);
  await page.select(select, "title");
  await pressed(page, `td:has(${select}) button`);
  await page.goto(`${origin}/page?week=${tomorrow}`);
  await live(page);
  await marked(page);
  await copied(page, true);
  await isMarked(page, "the copy came");
  const why = await page.$$eval(".event a", (all) => all.find((one) => one.innerText.includes("Boat trip")).href);
  await page.goto(why);
  const told = await page.$eval("main", (main) => main.innerText);
  if (!told.includes(tomorrow)) wrong.push("the event's page does not say when it takes place");
  await judged(page, "why an event is here");
  await page.setViewport({ width: 1000, height: 560 });
  await picture(page, "event", "light");
  await page.setViewport({ width: 1360, height: 900 });
  await page.goto(`${origin}/page?week=${tomorrow}`);
  await live(page);
  await marked(page);
  await sent(page, "#runs form");
  await copied(page, false);
  await isMarked(page, "the copy went");

  // With the keyboard alone: what is chosen stays chosen while the page changes around it, and is what
  // is sent.
  await page.waitForFunction((select) => document.querySelector(select).form.elements.edge.value === "", {}, select);
  await page.focus(select);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  if ((await chosen(page, select)) !== "busy") wrong.push("no level was chosen with the keyboard");
  // Another cell: this one may stand first, as the calendars have other ids each time.
  const other = `#matrix form:has(input[name=edge][value='']):not(:has(${select}))`;
  await changed(page, () => sent(page, other, { detail: "busy" }));
  if ((await chosen(page, select)) !== "busy") wrong.push("what was chosen is chosen no more");
  const focused = await page.evaluate(() => document.activeElement.textContent);
  if (focused !== "Set") wrong.push(`the focus went from the button to ${focused}`);
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  if ((await chosen(page, select)) !== "busy") wrong.push("what was chosen is not what was sent");

  // A refresh that fails is made up for, and what is chosen back makes way for what is new.
  await live(page);
  await marked(page);
  await failing(page, () => changed(page, () => sent(page, "#runs form")));
  await page.waitForFunction((select) => document.querySelector(select).form.elements.edge.value === "", {}, select);
  await page.select(select, "full");
  await changed(page, () => sent(page, other, { detail: "busy" }));
  const before = await page.$eval("#matrix", (matrix) => matrix.querySelectorAll("td.busy").length);
  await page.select(select, await page.$eval(select, (one) => one.querySelector("[selected]").value));
  await page.waitForFunction((before) => document.querySelectorAll("#matrix td.busy").length > before, {}, before);
  await isMarked(page, "what changed came");

  // What would be written is shown in place.
  await page.click("form[hx-get='/page/plan'] button");
  await page.waitForFunction(() => document.getElementById("plan").innerText.length > 0);
  await page.setViewport({ width: 420, height: 900 });
  await judged(page, "the page on a telephone");
  await page.setViewport({ width: 1360, height: 900 });
  await refined(page);
  await lookedAfter(page);
  await planned(page);
  await decided(page);
  await agreed(page);
  await page.goto(`${origin}/page/runs`);
  await judged(page, "what happened earlier");
  await troubled(page);
}

async function connected(page, name, user) {
  const form = 'form[action="/page/accounts"]';
  await page.type(`${form} input[name=name]`, name);
  await page.type(`${form} input[name=url]`, server);
  await page.type(`${form} input[name=user]`, user);
  await page.type(`${form} input[name=password]`, "secret");
  await pressed(page, `${form} > button`);
  await live(page);
}

// Very many events go at once, and an account takes no copy: both wait for a word, and go by it. What cannot
// be read is told with its reason.
async function decided(page) {
  const many = Array.from({ length: 40 }, (_, n) => `many${n}`);
  for (const one of many) await alice("PUT", one, event.replace("boat@x", `${one}@x`));
  await page.goto(`${origin}/page`);
  await live(page);
  await pressed(page, 'form[action="/page/sync"] button');
  for (const one of many) await alice("DELETE", one);
  await pressed(page, 'form[action="/page/sync"] button');
  await live(page);
  const says = (text) => page.waitForFunction(
    (text) => document.getElementById("reviews").innerText.includes(text), {}, text);
  await says("40 of 41 events seem to be deleted");
  await connected(page, "guest", "bob");
  const select = 'select[aria-label="family/Family to guest (overlay)"]';
  await page.waitForSelector(select);
  await page.select(select, "busy");
  await pressed(page, `td:has(${select}) button`);
  await live(page);
  await page.waitForSelector('#reviews form[action="/page/parked"]');
  const zone = "BEGIN:VTIMEZONE\r\nTZID:Our Office\r\nEND:VTIMEZONE\r\n";
  const odd = event.replace("boat@x", "odd@x").replace("BEGIN:VEVENT", `${zone}BEGIN:VEVENT`);
  await alice("PUT", "odd", odd.replace(/DTSTART:(.*)Z/, "DTSTART;TZID=Our Office:$1"));
  await pressed(page, 'form[action="/page/sync"] button');
  await live(page);
  await page.waitForFunction(() => document.getElementById("status").innerText.includes("Left out"));
  await judged(page, "what waits for a word, and what is left out");
  await page.setViewport({ width: 420, height: 900 });
  await judged(page, "what waits for a word, on a telephone");
  await page.setViewport({ width: 1360, height: 900 });
  await picture(page, "reviews", "light");
  await page.focus('#reviews form[action="/page/held"] button[value="true"]');
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  await live(page);
  await page.waitForFunction(() => !document.getElementById("reviews").innerText.includes("seem to be deleted"));
  await pressed(page, '#reviews form[action="/page/parked"] button');
  await live(page);
  await page.waitForFunction(() => document.body.innerText.includes("It is tried again."));
}

// Before a provider is asked, it is said for what.
async function agreed(page) {
  await page.goto(`${origin}/page`);
  await page.type('form[action="/page/connect"] input[name=name]', "second");
  await pressed(page, 'form[action="/page/connect"] button[value="google"]');
  const told = await page.$eval("main", (main) => main.innerText);
  if (!told.includes("Google will ask whether this server may")) wrong.push(`nobody is told what Google asks: ${told}`);
  await judged(page, "what is asked for");
  await picture(page, "consent", "light");
}

// A page that is not there says so, which the console calls an error.
async function troubled(page) {
  const errors = wrong.length;
  await page.goto(`${origin}/page/nowhere`);
  if (!(await page.$(".problem"))) wrong.push("a page that is not there says nothing");
  await judged(page, "a problem");
  const more = wrong.splice(errors);
  wrong.push(...more.filter((line) => !line.includes("404")));
}

// What an edge does beside its level has a page of its own, which a keyboard reaches.
async function refined(page) {
  await page.goto(`${origin}/page`);
  await live(page);
  await page.focus('#matrix a[href^="/page/edges/"]');
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  await judged(page, "an edge");
  await page.click("input[name=with_free]");
  await pressed(page, "form.grid > button");
  if (!(await page.$eval("input[name=with_free]", (one) => one.checked))) wrong.push("what was ticked is not set");
}

// A feed is made, and its address, which is shown this once, leads to it.
async function lookedAfter(page) {
  await page.goto(`${origin}/page/accounts`);
  for (const one of await page.$$("details:not([open]) > summary")) await one.click();
  await page.type("form.grid input[name=name]", "For friends");
  await pressed(page, "form.grid > button");
  await judged(page, "accounts and feeds");
  const address = await page.$eval(".notice code", (one) => one.innerText);
  const feed = await page.evaluate(async (path) => (await fetch(path)).text(), new URL(address).pathname);
  if (!feed.includes("NAME:For friends")) wrong.push(`the feed's address leads to ${feed.slice(0, 80)}`);
  await page.goto(`${origin}/page/accounts`);
  if (await page.$(".notice code")) wrong.push("the feed's address is shown twice");
  await page.setViewport({ width: 420, height: 900 });
  await judged(page, "accounts and feeds on a telephone");
  await page.setViewport({ width: 1360, height: 900 });
}

// How somebody works is said, a time is proposed and held, and shows as held without loading anything.
async function planned(page) {
  const time = `${origin}/page/time`;
  await page.goto(time);
  await live(page);
  await page.focus('details:has(input[value="hours"]) summary');
  await page.keyboard.press("Enter");
  const hours = 'form:has(input[value="hours"])';
  await page.type(`${hours} input[name=days]`, "mon-fri");
  await page.type(`${hours} input[name=time]`, "09:00-17:30");
  await pressed(page, `${hours} > button`);
  await page.waitForFunction(() => document.getElementById("rules").innerText.includes("mon-fri 09:00-17:30"));
  await pressed(page, "#wish form.grid > button");
  await page.waitForSelector("#wish .list li");
  const best = await page.$eval("#wish .list strong", (one) => one.innerText.match(/\d{4}-\d\d-\d\d/)[0]);
  await pressed(page, "#wish .list button");
  await page.waitForFunction((best) => document.getElementById("holds").innerText.includes(best), {}, best);
  await page.goto(`${time}?week=${best}`);
  await live(page);
  await page.waitForSelector(".cells .held");
  for (const one of await page.$$("details:not([open]) > summary")) await one.click();
  await judged(page, "when there is time");
  await page.goto(`${time}?week=${best}`);
  await live(page);
  await picture(page, "time-light", "light");
  await picture(page, "time-dark", "dark");
  await page.setViewport({ width: 390, height: 900 });
  await judged(page, "when there is time, on a telephone");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > 390) wrong.push(`the page of free times is ${wide} wide on a telephone`);
  await picture(page, "time-telephone", "light");
  await pressed(page, '#holds button[value="release"]');
  await page.waitForFunction(() => document.getElementById("holds").innerText.includes("Nothing is held"));
}

// Presses something that leads to another page.
async function pressed(page, selector) {
  await Promise.all([page.waitForNavigation(), page.click(selector)]);
}

// Sends a form as another window of the same person would: this page learns of it by itself.
async function sent(page, form, more = {}) {
  const status = await page.$eval(form, async (form, more) => {
    const fields = new URLSearchParams({ ...Object.fromEntries(new FormData(form)), ...more });
    return (await fetch(form.action, { method: "POST", body: fields })).status;
  }, more);
  if (status !== 200) wrong.push(`${form} is answered with ${status}`);
}

// Does something, and waits until the page tells of it.
async function changed(page, deed) {
  const told = () => page.$eval("#runs", (runs) => runs.textContent);
  const before = await told();
  await deed();
  await page.waitForFunction((before) => document.getElementById("runs").textContent !== before, {}, before);
}

async function chosen(page, select) {
  return page.$eval(select, (one) => one.value);
}

// Does something while the first thing that the page asks for anew is refused.
async function failing(page, deed) {
  let refused = 0;
  const refuse = (request) => {
    const isAsked = request.method() === "GET" && request.resourceType() !== "document" && !request.url().endsWith("/live");
    if (isAsked && refused === 0) {
      refused += 1;
      return request.respond({ status: 429, body: "Too many requests" });
    }
    return request.continue();
  };
  await page.setRequestInterception(true);
  page.on("request", refuse);
  const errors = wrong.length;
  await deed();
  page.off("request", refuse);
  await page.setRequestInterception(false);
  // The console tells of the refusal alone.
  const more = wrong.splice(errors);
  wrong.push(...more.filter((line) => !line.includes("429")));
  if (refused !== 1) wrong.push("nothing was refused");
}

async function live(page) {
  await page.waitForFunction(() => document.getElementById("live")?.textContent === "Live");
}

// A page that was loaded anew has no mark any more.
async function marked(page) {
  await page.evaluate(() => { window.isTheSame = true; });
}

async function isMarked(page, what) {
  if (!(await page.evaluate(() => window.isTheSame))) wrong.push(`${what} only because the page was loaded anew`);
}

async function copied(page, isThere) {
  await page.waitForFunction((isThere) => {
    const trip = [...document.querySelectorAll(".event")].find((one) => one.innerText.includes("Boat trip"));
    return trip && Boolean(trip.querySelector(".copies .live")) === isThere;
  }, {}, isThere);
}

async function judged(page, what) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.evaluate(axe);
    const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    for (const { id, help, nodes } of found.violations) {
      wrong.push(`axe, ${what}, ${scheme}: ${id}: ${help}: ${nodes[0].html} ${nodes[0].failureSummary}`);
    }
  }
}

async function picture(page, name, scheme) {
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.webp`), type: "webp", quality: 60 });
}

main().catch((error) => wrong.push(`it ends early: ${error.stack}`)).finally(() => {
  for (const line of wrong) console.log(line);
  process.exit(wrong.length ? 1 : 0);
});
