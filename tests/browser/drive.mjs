// Drives one browser, Chromium or Firefox, for as long as standard input is open. Each line of it is
// a job, {base, steps: [[verb, ...words], …]}; the answer is a line, too: {answers: [...]} or {error}.
// A job has a page of its own. Chromium runs no script of a page; Firefox cannot be driven without,
// so the server forbids them. Expressions are evaluated by the driver, from outside the page.
import { createInterface } from "node:readline";
import { launch } from "puppeteer-core";
import { readPng } from "./png.mjs";

const PATIENCE = 180_000; // milliseconds, for any step: a busy machine is no mistake
const [name, executablePath] = process.argv.slice(2);
const firefox = name === "firefox";
const quiet = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const browser = await launch({
  browser: name,
  executablePath,
  headless: true,
  args: firefox ? [] : quiet,
  extraPrefsFirefox: { "ui.useOverlayScrollbars": 1 }, // as on a phone
  timeout: PATIENCE,
  protocolTimeout: PATIENCE,
});

// Where elements are in the page; of a shape in a picture, without its stroke. It is one call,
// since each takes Firefox 40 ms.
const boxesOf = (page, selector, scroll = false) =>
  page.evaluate(
    (selector, scroll) => {
      const found = [...document.querySelectorAll(selector)];
      return (scroll ? found.slice(0, 1) : found).map((element) => {
        if (scroll) element.scrollIntoView({ block: "nearest", behavior: "instant" });
        const shape = element.ownerSVGElement && element.getBBox();
        let { x, y, width, height } = element.getBoundingClientRect();
        if (shape?.width) {
          const { a, d, e, f } = element.getScreenCTM();
          [x, y] = [a * shape.x + e, d * shape.y + f];
          [width, height] = [a * shape.width, d * shape.height];
        }
        return { x: x + scrollX, y: y + scrollY, width, height, left: scrollX, top: scrollY };
      });
    },
    selector,
    scroll,
  );

/** The middle of an element in the viewport, after scrolling to it. */
async function middle(page, selector) {
  const [{ x, y, width, height, left, top }] = await boxesOf(page, selector, true);
  return [x + width / 2 - left, y + height / 2 - top];
}

const verbs = {
  open: (page, path) => page.goto(page.base + path, { waitUntil: "load" }),
  width: (page, width, height = 1000) => page.setViewport({ width, height }),
  media: (page, features) =>
    page.client.send("Emulation.setEmulatedMedia", {
      features: Object.entries(features).map(([name, value]) => ({ name, value })),
    }),
  click: async (page, selector) => page.mouse.click(...(await middle(page, selector))),
  hover: async (page, selector) => page.mouse.move(...(await middle(page, selector))),
  focus: (page, selector) => page.focus(selector),
  press: (page, key) => page.keyboard.press(key),
  shot: async (page, selector) => {
    const [{ x, y, width, height }] = await boxesOf(page, selector, true);
    const clip = { x, y, width, height };
    const options = firefox ? {} : { optimizeForSpeed: true };
    return readPng(Buffer.from(await page.screenshot({ clip, captureBeyondViewport: false, ...options })));
  },
  value: (page, expression) => page.evaluate(expression),
  boxes: (page, selector) => boxesOf(page, selector),
  tree: async (page) => {
    const { nodes } = await page.client.send("Accessibility.getFullAXTree");
    return nodes.map(({ nodeId, parentId, ignored, role, name, properties = [] }) => ({
      id: nodeId,
      parent: parentId,
      role: ignored ? "" : role?.value,
      name: name?.value,
      ...Object.fromEntries(properties.map((property) => [property.name, property.value.value])),
    }));
  },
  pdf: (page, path) => page.pdf({ path, format: "A4", timeout: PATIENCE }),
};
const SILENT = new Set(["open", "width", "media", "click", "hover", "focus", "press", "pdf"]);

async function run({ base, steps }) {
  const context = await browser.createBrowserContext();
  try {
    const page = await context.newPage();
    page.base = base;
    page.setDefaultTimeout(PATIENCE);
    if (!firefox) {
      page.client = await page.createCDPSession();
      await page.setJavaScriptEnabled(false);
    }
    await page.setViewport({ width: 1280, height: 1000 });
    const answers = [];
    for (const [verb, ...words] of steps) {
      const answer = await verbs[verb](page, ...words);
      answers.push(SILENT.has(verb) ? null : answer);
    }
    return { answers };
  } catch (error) {
    return { error: String(error.stack) };
  } finally {
    await context.close();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(JSON.stringify(await run(JSON.parse(line))) + "\n");
}
await browser.close();
