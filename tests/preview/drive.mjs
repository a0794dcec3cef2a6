// Drives Chromium with scripts for as long as standard input is open. Each line of it is
// [tab, verb, ...words]; the answer is a line, too: {answer} or {error}. A tab is opened when it is
// first named, and stays. What a page's console says is kept, and so is what it asked for.
import { createInterface } from "node:readline";
import { launch } from "puppeteer-core";

const PATIENCE = 60_000; // milliseconds
const [executablePath, ...args] = process.argv.slice(2);
const browser = await launch({
  executablePath,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", ...args],
  protocolTimeout: PATIENCE,
});
const tabs = new Map();

async function tabOf(name) {
  if (!tabs.has(name)) {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.setViewport({ width: 1000, height: 700 });
    page.said = [];
    page.on("console", (message) => page.said.push(message.text()));
    page.on("pageerror", (error) => page.said.push(String(error)));
    tabs.set(name, page);
  }
  return tabs.get(name);
}

const verbs = {
  open: async (page, url) => void (await page.goto(url, { waitUntil: "load" })),
  value: (page, expression) => page.evaluate(expression),
  until: async (page, expression) => {
    // Asked again and again from here: a question in the page is lost if it is loaded just then.
    const end = Date.now() + PATIENCE;
    for (let last; ; await new Promise((done) => setTimeout(done, 10))) {
      const met = await page.evaluate(expression).catch((error) => void (last = error));
      if (met) return;
      if (Date.now() < end) continue;
      const text = await page.evaluate("document.documentElement.outerHTML").catch(String);
      throw new Error(`not within ${PATIENCE} ms: ${expression}, ${last ?? ""}: ${text.slice(0, 2000)}`);
    }
  },
  click: (page, selector) => page.click(selector),
  press: (page, key) => page.keyboard.press(key),
  said: (page) => page.said,
  media: (page, name, value) => page.emulateMediaFeatures([{ name, value }]),
  front: (page) => page.bringToFront(),
  shot: async (page, path) => void (await page.screenshot({ path })),
  set: (page, html) => page.setContent(html, { waitUntil: "load" }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, verb, ...words] = JSON.parse(line);
  let told;
  try {
    told = { answer: (await verbs[verb](await tabOf(name), ...words)) ?? null };
  } catch (error) {
    told = { error: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
await browser.close();
