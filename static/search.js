// The page for searching. The texts of the site come as scripts of data, in shards, when the first
// word is typed: nothing is asked of anybody, and what is here is all that can be found. find.js finds.
"use strict";
{
const { MOST_LETTERS, take, termsOf, find, rangesIn, linesOf } = finder;
const AT_ONCE = 20, ROOM = 90, REST = 120, PAUSE = 120;
const form = document.querySelector("form[role=search]"), field = form.elements.q;
const said = document.getElementById("search.said"), list = document.getElementById("search.found");
let shown = AT_ONCE;

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function button(words, act) {
  const made = make("button", { type: "button" }, words);
  made.addEventListener("click", act);
  return made;
}

// --- the texts -----------------------------------------------------------------------------------

let missing = [...Array(Number(form.dataset.shards)).keys()], loading = null;

window.takeShard = rows => {
  take(rows);
  document.currentScript.dataset.taken = "";
};

function fetchShard(number) {
  return new Promise(resolve => {
    const script = make("script", { src: `${form.action}${number}.js` });
    script.onload = script.onerror = () => {
      script.remove();
      resolve("taken" in script.dataset);
    };
    document.head.append(script);
  });
}

async function load() {
  const took = await Promise.all(missing.map(fetchShard));
  missing = missing.filter((_, index) => !took[index]);
  loading = null;
}

// --- what is shown -------------------------------------------------------------------------------

function marked(text, ranges, from = 0, to = text.length) {
  const parts = [];
  for (const [start, end] of ranges) {
    if (start < from || end > to) continue;
    parts.push(text.slice(from, start), make("mark", {}, text.slice(start, end)));
    from = end;
  }
  return [...parts, text.slice(from, to)];
}

// A place near this one where a cut parts no word, if there are spaces, and no character.
function cut(text, at, step) {
  if (at <= 0 || at >= text.length) return Math.min(Math.max(at, 0), text.length);
  for (let near = at; Math.abs(near - at) < 20; near += step) if (text[near] === " ") return near + (step > 0);
  while (/[\p{M}\udc00-\udfff]/u.test(text[at])) at--;
  return at;
}

function excerpt(page, { text, hash, whole }, terms) {
  const ranges = rangesIn(text, terms); // the longest word says most
  const [first, last] = ranges.reduce((one, each) => (each[1] - each[0] > one[1] - one[0] ? each : one), [0, 0]);
  const short = text.length < ROOM + REST;
  const from = short ? 0 : cut(text, first - ROOM, 1);
  const to = short ? text.length : cut(text, Math.max(last, first + REST), -1);
  // To the words themselves, where the browser can; else to the heading above them.
  const piece = text.slice(first, Math.max(last, cut(text, last + 40, -1))).trim();
  const place = whole ? hash : `${hash}:~:text=${encodeURIComponent(piece).replaceAll("-", "%2D")}`;
  const inside = marked(text, ranges, from, to);
  if (from > 0) inside.unshift("… ");
  if (to < text.length) inside.push(" …");
  return make("p", { dir: "auto" }, make("a", { href: `${page.url}#${place}` }, ...inside));
}

function result(page, terms) {
  const title = marked(page.title, rangesIn(page.title, terms));
  const heading = make("h2", { dir: "auto" }, make("a", { href: page.url }, ...title));
  const lines = linesOf(page, terms).map(line => excerpt(page, line, terms));
  return make("li", { lang: page.language, class: page.kind === "poem" ? "verse" : "" }, heading, ...lines);
}

function tell(found, terms, whole) {
  const words = [];
  for (const { word, instead } of terms) {
    if (instead) words.push(`Nothing has “${word}”${instead.length ? `; this is for “${instead.join("”, “")}”` : ""}.`);
  }
  if (!found.length) words.push("Nothing is found. Fewer words may find more; the lists below have everything.");
  else if (!whole && terms.every(term => term.patterns.length)) words.push("No page has all of the words.");
  if (found.length) words.push(found.length === 1 ? "1 page:" : `${found.length} pages:`);
  return words.join(" ");
}

function show() {
  const terms = termsOf(field.value), { found, whole } = find(terms);
  list.replaceChildren(...found.slice(0, shown).map(page => result(page, terms)));
  said.textContent = field.value.trim() && tell(found, terms, whole);
  if (missing.length) said.prepend("A part of the texts could not be loaded. ", button("Try again", search), " ");
  if (found.length > shown) {
    const more = button("More", () => {
      shown += AT_ONCE;
      show();
      list.children[shown - AT_ONCE].querySelector("a").focus();
    });
    list.append(make("li", { class: "more" }, more));
  }
}

// --- what the reader does ------------------------------------------------------------------------

let typing = 0;

async function search() {
  clearTimeout(typing);
  const query = field.value.trim().slice(0, MOST_LETTERS);
  history.replaceState(null, "", query ? `?${new URLSearchParams({ q: query })}` : location.pathname);
  shown = AT_ONCE;
  if (query && missing.length) {
    said.textContent = "The texts are on their way …";
    await (loading ??= load());
  }
  show();
}

form.addEventListener("submit", event => {
  event.preventDefault();
  search();
});
field.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(search, PAUSE);
});
addEventListener("keydown", event => {
  const typed = event.target.closest("input,textarea,select,[contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typed) return;
  event.preventDefault();
  field.select();
});

form.hidden = false;
said.textContent = "";
field.value = (new URLSearchParams(location.search).get("q") ?? "").slice(0, MOST_LETTERS);
if (field.value) search();
}
