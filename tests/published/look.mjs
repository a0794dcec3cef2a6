// Opens pages of the published site in Chromium and says what it found, as JSON on standard output.
// Standard input: {chromium, base, views: [{page, scheme, forced, width, axe, pdf}]}.
// For each view: axe violations, console messages, requests, and whether it scrolls sideways.
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
try {
  for (const view of job.views) {
    const context = await browser.newContext({
      colorScheme: view.scheme ?? "light",
      forcedColors: view.forced ? "active" : "none",
      viewport: { width: view.width ?? 1280, height: 900 },
      javaScriptEnabled: true,
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
      const found = await page.evaluate(() => window.axe.run(document));
      seen.violations = found.violations.map((violation) => ({
        rule: violation.id,
        help: violation.help,
        nodes: violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 200)),
      }));
    }
    if (view.pdf) await page.pdf({ path: view.pdf, format: "A4" });
    if (view.evaluate) seen.value = await page.evaluate(view.evaluate);
    out.push(seen);
    await context.close();
  }
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(out));
