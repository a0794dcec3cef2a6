// What runs in a page of the preview, and only there. The server says how things stand with this page
// (its newest etag, its problems, its words); this script makes the page be so. Nothing of the page is
// touched but what differs between its source before and its source now, so scroll, open details,
// chosen radio buttons, focus and what was typed stay as the reader left them.
"use strict";
(() => {
  const me = document.currentScript;
  if (!me?.hasAttribute("data-etag")) return; // not as the server put it there
  const OURS = "sitegen-preview";
  const ours = new WeakSet(); // nodes of the page that no source knows
  let source = document.documentElement.cloneNode(true); // as it came, whatever a reader does to the page
  let etag = me.dataset.etag;
  let files = null; // path → etag of what the page shows
  let state = null;
  let socket = null;
  let busy = false;

  // --- the page -------------------------------------------------------------------------------

  const isOurScript = (node) => node.nodeName === "SCRIPT" && node.hasAttribute("data-etag");
  const isProgram = (node) => node.nodeName === "SCRIPT" && node.type !== "application/ld+json";
  const isSheet = (node) => node.nodeName === "LINK" && node.rel === "stylesheet";
  const kidsOf = (node) => [...node.childNodes].filter((kid) => !ours.has(kid));
  const alike = (a, b) => a.isEqualNode(b) || (isOurScript(a) && isOurScript(b));
  const related = (a, b) => a.nodeName === b.nodeName && (a.id || "") === (b.id || "");

  /** Make `live` what it would be if it had been made from `now` and not from `before`. */
  function patch(live, before, now, found) {
    if (alike(before, now)) return;
    if (live.nodeName !== now.nodeName || isProgram(now)) throw new Error("not the same");
    if (now.nodeType !== Node.ELEMENT_NODE) {
      live.data = now.data;
      found.push(live.parentElement);
    } else if (isSheet(live) && before.getAttribute("href") !== now.getAttribute("href")) {
      swap(live, now.getAttribute("href"));
    } else {
      patchAttributes(live, before, now, found);
      patchKids(live, before, now, found);
    }
  }

  function patchAttributes(live, before, now, found) {
    for (const { name } of [...before.attributes]) {
      if (!now.hasAttribute(name)) live.removeAttribute(name), found.push(live);
    }
    for (const { name, namespaceURI, value } of [...now.attributes]) {
      if (before.getAttribute(name) === value) continue;
      live.setAttributeNS(namespaceURI, name, value);
      found.push(live);
    }
  }

  function patchKids(live, before, now, found) {
    const old = [...before.childNodes], fresh = [...now.childNodes], kids = kidsOf(live);
    if (kids.length !== old.length) {
      live.replaceChildren(...fresh.map((node) => document.importNode(node, true)));
      found.push(live);
      return;
    }
    let start = 0, end = 0;
    while (start < Math.min(old.length, fresh.length) && alike(old[start], fresh[start])) start++;
    while (
      end < Math.min(old.length, fresh.length) - start &&
      alike(old[old.length - 1 - end], fresh[fresh.length - 1 - end])
    ) end++;
    const rest = [old.slice(start, old.length - end), fresh.slice(start, fresh.length - end)];
    const pairs = [...common(...rest), [rest[0].length, rest[1].length]];
    let i = 0, j = 0;
    for (const [m, n] of pairs) {
      const spot = kids[start + m] ?? kids.at(-1)?.nextSibling ?? null;
      patchRun(live, kids.slice(start + i, start + m), rest[0].slice(i, m), rest[1].slice(j, n), spot, found);
      [i, j] = [m + 1, n + 1];
    }
  }

  /** Between two nodes that stayed: what is of one kind is patched, in order; the rest goes or comes. */
  function patchRun(live, kids, old, fresh, spot, found) {
    let at = 0;
    for (const node of fresh) {
      const match = old.findIndex((each, i) => i >= at && related(each, node));
      if (match >= 0) {
        while (at < match) kids[at++].remove();
        patch(kids[at], old[at], node, found);
        at++;
        continue;
      }
      if (isProgram(node)) throw new Error("a new script");
      const made = document.importNode(node, true);
      live.insertBefore(made, kids[at] ?? spot);
      found.push(made.nodeType === Node.ELEMENT_NODE ? made : live);
    }
    while (at < kids.length) kids[at++].remove();
  }

  /** The longest list of nodes that both have in one order, as pairs of places. */
  function common(old, fresh) {
    const wide = fresh.length + 1;
    if (old.length * wide > 250_000) return [];
    const names = new Map();
    const nameOf = (node) => {
      const text = node.nodeType === Node.ELEMENT_NODE ? node.outerHTML : `${node.nodeName} ${node.data}`;
      return names.get(text) ?? names.set(text, names.size).get(text);
    };
    const [a, b] = [old.map(nameOf), fresh.map(nameOf)];
    const best = new Uint16Array((a.length + 1) * wide);
    for (let i = a.length - 1; i >= 0; i--) {
      for (let j = b.length - 1; j >= 0; j--) {
        const [skipped, other] = [best[(i + 1) * wide + j], best[i * wide + j + 1]];
        best[i * wide + j] = a[i] === b[j] ? best[(i + 1) * wide + j + 1] + 1 : Math.max(skipped, other);
      }
    }
    const pairs = [];
    for (let i = 0, j = 0; i < a.length && j < b.length; ) {
      if (a[i] === b[j]) pairs.push([i++, j++]);
      else if (best[(i + 1) * wide + j] >= best[i * wide + j + 1]) i++;
      else j++;
    }
    return pairs;
  }

  /** Another style sheet in the place of one, without a moment with neither. */
  function swap(link, href) {
    const next = link.cloneNode();
    ours.add(link);
    next.href = href;
    next.onload = next.onerror = () => link.remove();
    link.after(next);
  }

  async function renew() {
    if (busy) return;
    busy = true;
    try {
      while (state && state.etag && state.etag !== etag) {
        if (!etag) return location.reload();
        const answer = await fetch(location.pathname, { cache: "no-store" });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html").documentElement;
        const script = page.querySelector("script[data-etag]");
        const found = [];
        try {
          patch(document.documentElement, source, page, found);
        } catch {
          return location.reload();
        }
        source = page;
        etag = script ? script.dataset.etag : state.etag;
        if (state.follow) follow(found);
        document.documentElement.dispatchEvent(new CustomEvent("sitegen:patched"));
        hello();
      }
    } catch {
      // the server has ended; the next state brings it on
    } finally {
      busy = false;
    }
  }

  /** Show what changed, if none of it is in sight. */
  function follow(found) {
    const places = found.filter((each) => each && each.isConnected && document.body.contains(each));
    const seen = places.some((each) => {
      const { top, bottom } = each.getBoundingClientRect();
      return each !== document.body && bottom > 0 && top < innerHeight;
    });
    if (seen || !places.length) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    places[0].scrollIntoView({ block: "center", behavior: still ? "instant" : "smooth" });
  }

  // --- pictures and other files ---------------------------------------------------------------

  const pathOf = (url) => decodeURIComponent(new URL(url, location.href).pathname);
  const shown = () =>
    [...document.querySelectorAll("[src],[poster],object[data],image[href],use[href]")].filter(
      (element) => element.nodeName !== "SCRIPT" && !isSheet(element),
    );
  const placeOf = (element) => ["src", "poster", "data", "href"].find((name) => element.hasAttribute(name));

  function filesOfPage() {
    const urls = shown().map((element) => element.getAttribute(placeOf(element)));
    urls.push(...performance.getEntriesByType("resource").map((entry) => entry.name));
    const own = urls.map((url) => new URL(url, location.href)).filter((url) => url.origin === location.origin);
    const paths = own.map((url) => pathOf(url.href)).filter((path) => !path.startsWith("/.sitegen/"));
    return [...new Set(paths)].filter((path) => path !== pathOf(location.href)).slice(0, 200);
  }

  function renewFiles(now) {
    for (const [path, tag] of Object.entries(now)) {
      if (!files || !(path in files) || files[path] === tag || !tag) continue;
      const users = shown().filter((each) => pathOf(each.getAttribute(placeOf(each))) === path);
      for (const each of users) {
        const url = new URL(each.getAttribute(placeOf(each)), location.href);
        each.setAttribute(placeOf(each), `${url.pathname}?${tag.slice(0, 10)}${url.hash}`);
      }
      // What a style sheet shows, and is not one whose name says what is in it.
      if (!users.length && !/\.(css|js)$/.test(path)) return location.reload();
    }
    files = { ...files, ...now };
  }

  // --- the bar and the overlay ----------------------------------------------------------------

  const STYLE = `
:host{all:initial!important;display:block!important;position:fixed!important;inset:auto 0 0 auto!important;
 z-index:2147483647!important;color-scheme:light dark!important;max-width:100vw!important}
:host([hidden]){display:none!important}
@media print{:host{display:none!important}}
*{box-sizing:border-box}
div,section{font:13px/1.45 system-ui,sans-serif;color:#1c1917;background:#fffdf8;border:1px solid #b9ae9b}
.bar{display:flex;flex-wrap:wrap;gap:0 .9em;align-items:center;justify-content:flex-end;padding:.15em .3em .15em .8em;
 margin-inline-start:auto;width:fit-content;border-radius:.5em 0 0}
.note{font-weight:600;color:#ab3812}
button{font:inherit;color:inherit;background:none;border:1px solid transparent;border-radius:.3em;padding:.1em .5em;cursor:pointer;min-height:24px;min-width:24px}
button:hover,button:focus-visible{border-color:currentColor;outline:none}
button:focus-visible{outline:2px solid #ab3812;outline-offset:1px}
section{width:min(60rem,100vw);max-height:60vh;overflow:auto;margin-inline-start:auto;padding:.8em 1em;border-width:3px 1px 1px;border-top-color:#b42318}
section.mild{border-top-color:#8a6d1d}
h2{font-size:14px;margin:0;display:flex;justify-content:space-between;align-items:center}
pre{font:12.5px/1.45 ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;margin:.6em 0 0;white-space:pre;overflow-x:auto;tab-size:1}
[hidden]{display:none!important}
@media (prefers-color-scheme:dark){div,section{color:#e5dfd4;background:#1c2028;border-color:#4a505c}
 section{border-top-color:#f97066}.note{color:#f0946e}}`;

  const host = document.createElement(OURS);
  const make = (name, attributes, ...kids) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...kids);
    return element;
  };
  const button = (words, attributes = {}) => make("button", { type: "button", ...attributes }, words);
  const words = make("span", {});
  const note = make("span", { class: "note" });
  const built = make("span", {});
  const trouble = button("", { class: "trouble", hidden: "" });
  const ended = make("span", { class: "note", hidden: "" }, "the preview has ended");
  const close = button("×", { class: "close", "aria-label": "Close the bar" });
  const bar = make("div", { class: "bar", role: "region", "aria-label": "Preview" });
  bar.append(note, words, built, trouble, ended, close);
  const heading = make("span", {});
  const dismiss = button("×", { "aria-label": "Hide these problems" });
  const list = make("section", { hidden: "", "aria-label": "Problems", tabindex: 0 });
  list.append(make("h2", {}, heading, dismiss));
  let hiddenFor = ""; // the errors that the writer has seen enough of
  let opened = false; // whether the writer asked for them
  let closed = false; // whether the writer wants no bar

  const many = (count, what) => `${count} ${what}${count === 1 ? "" : "s"}`;

  const concernsPage = ({ path, page }) =>
    !state.source || [path, page].includes(state.source) || !path?.startsWith("content/");

  function tell() {
    const { errors, here } = state;
    const counts = [];
    if (state.words) counts.push(many(state.words, "word"));
    if (state.lines) counts.push(many(state.lines, "line"));
    if (state.minutes) counts.push(`${state.minutes} min`);
    words.textContent = counts.join(" · ");
    note.textContent = state.note;
    const ms = state.seconds * 1000;
    built.textContent = `built in ${ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`}`;
    const count = errors.length + here.length;
    trouble.hidden = !count;
    trouble.textContent = many(count, "problem");
    const key = JSON.stringify(errors);
    if (!errors.length) hiddenFor = "";
    const rows = [...errors, ...here];
    // A mistake in another text is told in the bar, and does not cover this one.
    const near = errors.some(concernsPage);
    list.hidden = !(rows.length && (opened || (near && hiddenFor !== key)));
    trouble.classList.toggle("note", errors.length > 0);
    bar.hidden = closed && !(errors.length && !near);
    list.className = errors.length ? "" : "mild";
    list.setAttribute("role", errors.length ? "alert" : "region");
    heading.textContent = errors.length ? "The site is as it was before this mistake" : "Problems of this page";
    while (list.children.length > 1) list.lastChild.remove();
    list.append(...rows.map((each) => make("pre", {}, each.text)));
  }

  trouble.onclick = () => {
    if (list.hidden) (opened = true), (hiddenFor = "");
    else hide();
    tell();
    if (!list.hidden) list.focus();
  };
  const hide = () => ((opened = false), (hiddenFor = JSON.stringify(state.errors)));
  dismiss.onclick = () => (hide(), tell(), trouble.focus());
  close.onclick = () => {
    bar.hidden = closed = true;
    remember("closed");
  };
  host.addEventListener("keydown", (event) => {
    if (event.key === "Escape") list.hidden ? close.click() : dismiss.click();
  });
  const remember = (what) => {
    try {
      sessionStorage.setItem(OURS, what);
    } catch {
      // not everybody has one
    }
  };
  try {
    closed = sessionStorage.getItem(OURS) === "closed";
  } catch {
    // then it is open
  }

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  root.append(list, bar);
  ours.add(host);

  // --- the channel ----------------------------------------------------------------------------

  let pause = 250;

  const hello = () => {
    if (socket?.readyState === WebSocket.OPEN) {
      socket.send(JSON.stringify({ path: decodeURIComponent(location.pathname), files: filesOfPage() }));
    }
  };

  function connect() {
    socket = new WebSocket(`ws://${location.host}/.sitegen/live`);
    socket.onopen = () => {
      pause = 250;
      ended.hidden = true;
      hello();
    };
    socket.onmessage = ({ data }) => {
      state = JSON.parse(data);
      if (!host.isConnected) document.documentElement.append(host);
      tell();
      renewFiles(state.files);
      renew();
    };
    socket.onclose = () => {
      ended.hidden = false;
      setTimeout(connect, (pause = Math.min(pause * 2, 4000)));
    };
  }
  addEventListener("load", hello);
  connect();
})();
