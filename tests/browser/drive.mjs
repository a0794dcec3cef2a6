// Drives Chromium or Firefox through the steps on standard input; what each step gave, as JSON.
// {browser, executable, base, steps: [[verb, ...], …]}; pictures are PNG in base64. Chromium runs no
// script of a page; Firefox cannot be driven without, so its pages are held to have none.
import { readFileSync } from "node:fs";
import { launch } from "puppeteer-core";

const job = JSON.parse(readFileSync(0, "utf8"));
const firefox = job.browser === "firefox";
const browser = await launch({
  browser: job.browser,
  executablePath: job.executable,
  headless: true,
  args: firefox
    ? []
    : [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
});
const page = await browser.newPage();
if (!firefox) await page.setJavaScriptEnabled(false);

const verbs = {
  open: async (path) => void (await page.goto(job.base + path, { waitUntil: "load" })),
  width: async (width) => void (await page.setViewport({ width, height: 900 })),
  media: async (features) =>
    void (await page.emulateMediaFeatures(
      Object.entries(features).map(([name, value]) => ({ name, value })),
    )),
  click: async (selector) => void (await page.click(selector)),
  hover: async (selector) => void (await page.hover(selector)),
  focus: async (selector) => void (await page.focus(selector)),
  press: async (key) => void (await page.keyboard.press(key)),
  shot: async (selector) => (await page.$(selector)).screenshot({ encoding: "base64", captureBeyondViewport: false }),
  text: async (selector) => page.$eval(selector, (element) => element.innerText),
  sideways: async () =>
    page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth),
  box: async (selector) => (await page.$(selector)).boundingBox(),
  boxes: async (selector) =>
    page.$$eval(selector, (all) => all.map((each) => each.getBoundingClientRect().toJSON())),
  tree: async () => {
    const client = await page.createCDPSession();
    const { nodes } = await client.send("Accessibility.getFullAXTree");
    return nodes
      .filter((node) => !node.ignored)
      .map((node) => ({ role: node.role?.value, name: node.name?.value }));
  },
  forced: async () => {
    const client = await page.createCDPSession();
    await client.send("Emulation.setEmulatedMedia", {
      features: [{ name: "forced-colors", value: "active" }],
    });
  },
  pdf: async (path) => void (await page.pdf({ path, format: "A4" })),
};
const out = [];
try {
  for (const [verb, ...words] of job.steps) out.push((await verbs[verb](...words)) ?? null);
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(out));
