// Opens pages in Chromium and says when each has painted its heatmap and who can read it.
// Standard input: {chromium, rounds, pages: [{tool, file}]}. Standard output: JSON, one entry a page.
//
// The moment of paint: before each frame is drawn, the tool's question of CELLS is asked. In the first
// frame where it is true a word with `elementtiming` is put into the page; it is drawn by the same
// frame as the cells, and the browser reports when that frame was presented, in milliseconds since the
// navigation began (in steps of 4). `first-contentful-paint` would not do: it comes with a heading.
// Pages are read from the disk, so the network costs nothing; every visit is a new profile; the
// pages take turns, and a first round is not counted.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const job = JSON.parse(readFileSync(0, "utf8"));
// True in the first frame that has the cells of the view that a page opens with.
const CELLS = {
  // All of the page has come, and its pictures were decoded.
  sitegen: "document.readyState === 'complete' && document.querySelector('figure svg')",
  bertviz: "document.querySelector('#attention line[stroke-opacity]')",
  // Its canvases are there long before anything is drawn on them, and are drawn all at once.
  circuitsvis: `(() => {
    const last = [...document.querySelectorAll("canvas")].at(-1);
    if (!last?.width) return false;
    const pen = (window.pen ??= new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true }));
    pen.drawImage(last, last.width / 2, last.height / 2, 1, 1, 0, 0, 1, 1);
    return pen.getImageData(0, 0, 1, 1).data[3] > 0;
  })()`,
  inspectus: "document.querySelector('svg.matrix rect.cell[style]')",
};
const PICTURES = new Set(["image", "img", "graphics-document", "graphics-symbol", "SvgRoot", "Canvas"]);
const PATIENCE = 300_000;
const viewport = { width: 1280, height: 900 };

function watch(cells) {
  // Runs in the page, before anything of its own.
  const there = new Function(`return Boolean(${cells})`);
  window.painted = new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries()[0].renderTime)).observe({ type: "element" });
  });
  const ask = () => {
    if (!there()) return requestAnimationFrame(ask);
    const mark = document.createElement("p");
    mark.setAttribute("elementtiming", "painted");
    mark.textContent = "painted";
    Object.assign(mark.style, { position: "fixed", left: "0", top: "0", margin: "0" });
    document.body.append(mark);
    mark.offsetWidth;
  };
  requestAnimationFrame(ask);
}

async function open(browser, options = {}) {
  const context = await browser.newContext({ viewport, ...options });
  const tab = await context.newPage();
  tab.setDefaultTimeout(PATIENCE);
  return { context, tab };
}

async function timePaint(browser, page) {
  const { context, tab } = await open(browser);
  await tab.addInitScript(watch, CELLS[page.tool]);
  await tab.goto("file://" + page.file, { waitUntil: "commit" });
  const time = await tab.evaluate(() => window.painted);
  await context.close();
  return time;
}

async function settle(tab, page) {
  await tab.goto("file://" + page.file);
  await tab.waitForFunction((cells) => new Function(`return Boolean(${cells})`)(), CELLS[page.tool]);
  await tab.waitForTimeout(1000);
}

async function look(browser, page) {
  // What is there with scripts, and the same picture without them?
  const { context, tab } = await open(browser);
  await settle(tab, page);
  const withScripts = await tab.screenshot();
  await tab.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
  const tree = await readTree(await context.newCDPSession(tab));
  await tab.evaluate(axeSource);
  const axe = await tab.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  await context.close();
  const bare = await open(browser, { javaScriptEnabled: false });
  await bare.tab.goto("file://" + page.file);
  await bare.tab.waitForTimeout(1000);
  const same = withScripts.equals(await bare.tab.screenshot());
  const text = await bare.tab.evaluate(() => {
    document.querySelector("h1").remove(); // it is the bench's
    return document.body.innerText.trim().replace(/\s+/g, " ");
  });
  await bare.context.close();
  return { ...tree, axe: axe.violations.map((violation) => violation.id), same, text: text.slice(0, 60) };
}

async function readTree(session) {
  // The accessibility tree in numbers: [with a name, all] for pictures and controls, and table cells.
  await session.send("Accessibility.enable");
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const seen = { pictures: [0, 0], controls: [0, 0], cells: 0, example: "" };
  for (const node of nodes.filter((each) => !each.ignored)) {
    const role = node.role?.value;
    const focusable = node.properties?.some((each) => each.name === "focusable" && each.value.value);
    const kind = PICTURES.has(role) ? "pictures" : focusable && role !== "RootWebArea" && "controls";
    if (kind) seen[kind] = [seen[kind][0] + Boolean(node.name?.value), seen[kind][1] + 1];
    if (kind === "pictures") seen.example ||= (node.name?.value ?? "").slice(0, 30);
    seen.cells += role === "cell" || role === "gridcell";
  }
  return seen;
}

const browser = await chromium.launch({
  executablePath: job.chromium,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
});
const out = job.pages.map((page) => ({ tool: page.tool, times: [] }));
try {
  for (let round = 0; round <= job.rounds; round++) {
    for (const [i, page] of job.pages.entries()) {
      const time = await timePaint(browser, page);
      if (round > 0) out[i].times.push(time);
    }
  }
  for (const [i, page] of job.pages.entries()) Object.assign(out[i], await look(browser, page));
  process.stdout.write(JSON.stringify(out));
} finally {
  await browser.close();
}
