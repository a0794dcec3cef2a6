// Opens pages of the published site in Chromium and says what it found, as JSON on standard output.
// Standard input: {chromium, base, views: [{page, scheme, forced, width, axe, pdf, evaluate, steps}]}.
// For each view: axe violations, console messages, requests, whether it scrolls sideways and how far
// it moved while it loaded. `init` runs before the page, without a `script` no page may run one,
// `slow` names files that come late; of `steps` ([verb, word], below) each gives an answer.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const job = JSON.parse(readFileSync(0, "utf8"));
const browser = await chromium.launch({
  executablePath: job.chromium,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const out = [];
const SHIFT = `new Promise((done) => {
  let sum = 0;
  const add = (entry) => (sum += entry.value);
  new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 50);
})`;
// Each is given where it is: {context, page, tabs}, and its word.
const verbs = {
  open: (at, path) => at.page.goto(job.base + path, { waitUntil: "load" }),
  tab: async (at, path) => {
    at.tabs.push((at.page = await at.context.newPage()));
    await verbs.open(at, path);
  },
  turn: async (at, number) => (at.page = at.tabs[number]).bringToFront(),
  click: (at, selector) => at.page.click(selector),
  press: (at, key) => at.page.keyboard.press(key),
  value: (at, expression) => at.page.evaluate(expression),
  until: (at, expression) => at.page.waitForFunction(expression),
  copy: async ({ page }, selector) => {
    await page.evaluate((each) => getSelection().selectAllChildren(document.querySelector(each)), selector);
    await page.keyboard.press("Control+c");
    return page.evaluate(() => navigator.clipboard.readText());
  },
  // What a screen reader is told of the page, in its order.
  heard: async (at) => {
    const client = await at.context.newCDPSession(at.page);
    const { nodes } = await client.send("Accessibility.getFullAXTree");
    const known = new Map(nodes.map((node) => [node.nodeId, node]));
    const said = [];
    const walk = ({ ignored, role, name, description, properties = [], childIds }) => {
      const states = Object.fromEntries(properties.map((each) => [each.name, each.value.value]));
      if (!ignored) said.push({ role: role.value, name: name?.value ?? "", ...states, description: description?.value });
      for (const id of childIds) if (known.has(id)) walk(known.get(id));
    };
    walk(nodes[0]);
    return said;
  },
};
const SILENT = new Set(["open", "tab", "turn", "click", "press", "until"]);
try {
  for (const view of job.views) {
    const context = await browser.newContext({
      colorScheme: view.scheme ?? "light",
      forcedColors: view.forced ? "active" : "none",
      viewport: { width: view.width ?? 1280, height: 900 },
      javaScriptEnabled: view.script ?? true,
      permissions: ["clipboard-read", "clipboard-write"],
    });
    if (view.init) await context.addInitScript(view.init);
    if (view.slow)
      await context.route(new RegExp(view.slow), async (route) => {
        await new Promise((done) => setTimeout(done, 300));
        await route.continue();
      });
    const page = await context.newPage();
    const seen = { view, console: [], requests: [], violations: [] };
    page.on("console", (message) => seen.console.push(message.text()));
    page.on("pageerror", (error) => seen.console.push(String(error)));
    page.on("request", (request) => seen.requests.push(request.url()));
    await page.goto(job.base + view.page, { waitUntil: "load" });
    seen.sideways = await page.evaluate(
      () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
    );
    if (view.axe) {
      await page.evaluate(axeSource);
      const found = await page.evaluate(() => window.axe.run(document, { rules: { "target-size": { enabled: true } } }));
      seen.violations = found.violations.map((violation) => ({
        rule: violation.id,
        help: violation.help,
        nodes: violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)),
      }));
    }
    if (view.pdf) await page.pdf({ path: view.pdf, format: "A4" });
    if (view.shift) seen.shift = await page.evaluate(SHIFT);
    if (view.evaluate) seen.value = await page.evaluate(view.evaluate);
    const at = { context, page, tabs: [page] };
    seen.answers = [];
    for (const [verb, word] of view.steps ?? []) {
      const answer = await verbs[verb](at, word);
      if (!SILENT.has(verb)) seen.answers.push(answer);
    }
    out.push(seen);
    await context.close();
  }
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(out));
