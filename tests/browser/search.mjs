// Searches in Chromium, as a reader does. Standard input: {chromium, base, jobs: [[[verb, ...words], …]]};
// each job has a page of its own. Out comes, as JSON, what each of its verbs gave, and its console.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { chromium: executablePath, base, jobs } = JSON.parse(readFileSync(0, "utf8"));
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
const browser = await chromium.launch({ executablePath, args });

const settled = page =>
  page.waitForFunction(() => {
    const said = document.getElementById("search.said").textContent;
    return said && !said.includes("on their way");
  });

const verbs = {
  open: (page, path) => page.goto(base + path),
  type: async (page, words) => {
    await page.fill("input[name=q]", words);
    await page.press("input[name=q]", "Enter");
    await settled(page);
  },
  settle: settled,
  press: (page, key) => page.keyboard.press(key),
  back: page => page.goBack(),
  click: (page, selector) => page.locator(selector).first().click(),
  follow: async (page, selector) => {
    // A click ends before the page that it leads to has begun, and a page before it is scrolled.
    const here = await page.evaluate(() => location.pathname);
    await page.locator(selector).first().click();
    await page.waitForURL(url => url.pathname !== here);
    await page.waitForFunction(() => !location.hash || document.querySelector(":target"));
  },
  refuse: (page, pattern) => page.route(pattern, route => route.abort()),
  allow: (page, pattern) => page.unroute(pattern),
  offline: page => page.context().setOffline(true),
  value: (page, expression) => page.evaluate(expression),
  axe: async page => {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document));
    return violations.map(each => [each.id, each.nodes.map(node => node.html)]);
  },
  found: page =>
    page.evaluate(() => {
      const shown = element => ({
        text: element.textContent,
        href: element.getAttribute("href"),
        marks: [...element.querySelectorAll("mark")].map(mark => mark.textContent),
      });
      return {
        said: document.getElementById("search.said").textContent,
        address: location.search,
        pages: [...document.querySelectorAll(".found li:not(.more)")].map(item => ({
          lang: item.lang,
          title: shown(item.querySelector("h2 a")),
          lines: [...item.querySelectorAll("p a")].map(shown),
        })),
      };
    }),
};

async function run(steps) {
  const context = await browser.newContext({ javaScriptEnabled: steps[0][0] !== "plain" });
  const page = await context.newPage(), console = [], answers = [];
  page.setDefaultTimeout(180_000); // a busy machine is no mistake
  page.on("console", message => console.push(message.text()));
  page.on("pageerror", error => console.push(String(error)));
  for (const [verb, ...words] of steps.filter(([verb]) => verb !== "plain")) {
    const answer = await verbs[verb](page, ...words).catch(error => {
      throw new Error(`${JSON.stringify(steps).slice(0, 200)}: ${error}, ${console}`);
    });
    if (["found", "value", "axe"].includes(verb)) answers.push(answer);
  }
  await context.close();
  return { answers, console };
}

const done = [];
for (const steps of jobs) done.push(await run(steps));
await browser.close();
process.stdout.write(JSON.stringify(done));
