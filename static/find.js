// What is found in the texts of the site, and where. They are read through as they are, for a scan of
// some megabytes takes some milliseconds; so a word, the beginning of one, a piece of a line and a
// language without spaces are all found in the same way, and there is no index. No document is needed
// here: search.js has the page, and sitegen/search.py writes the texts.
"use strict";
{
const MOST_LETTERS = 300, MOST_WORDS = 16, MOST_LINES = 3;

// --- what counts as equal: case, accents, ligatures, kinds of apostrophes and hyphens ------------

const LETTERS = new Map(Object.entries({
  æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ħ: "h", ı: "i", ς: "σ", "ـ": "",
}));
// Accents and points; not the vowels of Indian scripts and Thai, nor the voicing of kana.
const MARKS = /(?![\u3099\u309a])(?=\p{Mn})[\p{sc=Inherited}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}]/gu;
const SILENT = /[\p{Cf}'’‘ʼʹ＇`´]/gu;
const BETWEEN = /[^\p{L}\p{N}\p{M}\p{Extended_Pictographic}\n ]+/gu;
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

// Each character by itself: what it becomes depends on none beside it.
function plain(text) {
  if (!/[^\0-\x7f]/.test(text)) return text.toLowerCase().replace(/['`]/g, "").replace(/[^a-z0-9\n ]+/g, " ");
  return text.replace(SILENT, "").normalize("NFKD").replace(SILENT, "").replace(MARKS, "").toLowerCase().toUpperCase().toLowerCase()
    .replace(/[æœøłđðþħıςـ]/g, letter => LETTERS.get(letter)).replace(BETWEEN, " ");
}

const known = new Map();
const plainOf = letter => known.get(letter) ?? known.set(letter, plain(letter).replace("\n", " ")).get(letter);

// Words with one space before and behind each; lines stay lines.
const fold = text => ` ${plain(text).replace(/\n/g, " \n ")} `.replace(/ {2,}/g, " ");

// --- the texts -----------------------------------------------------------------------------------

const pages = [];
let words = null;

// `opens`: the heading above a passage of prose, or the number of the first line of one of verse.
function take(rows) {
  words = null;
  for (const [url, title, language, kind, tags, description, passages] of rows) {
    const lines = description ? [{ hash: "", text: description }] : [], headings = [];
    for (const [anchor, opens, text] of passages) {
      const verse = typeof opens === "number";
      if (opens && !verse) headings.push(opens), lines.push({ hash: anchor, text: opens, whole: true });
      text.split("\n").forEach((line, index) => {
        lines.push({ hash: verse ? anchor + (opens + index) : anchor, text: line, whole: verse });
      });
    }
    const [name, head] = [fold(title), fold([title, tags, ...headings].join("\n"))];
    const body = fold(lines.map(line => line.text).join("\n"));
    pages.push({ url, title, language, kind, lines, name, head, body });
  }
}

// --- what was typed ------------------------------------------------------------------------------

// A word as it stands in a folded text. A short one stands for itself, a longer one for all that
// begin with it; a word of a language without spaces may be anywhere.
function pattern(word, isLast) {
  const loose = UNSPACED.test(word), open = [...word].length > (isLast ? 1 : 2);
  return { loose, text: loose ? word : open ? ` ${word}` : ` ${word} ` };
}

const isSomewhere = each => pages.some(page => page.head.includes(each.text) || page.body.includes(each.text));

// The words of the site that are the fewest letters away from one that is not there.
function nearest(word) {
  if (!words) {
    words = new Set();
    for (const page of pages) for (const each of `${page.head}${page.body}`.split(" ")) words.add(each);
  }
  let most = word.length < 4 ? 0 : word.length < 8 ? 1 : 2, found = [];
  for (const other of words) {
    if (Math.abs(other.length - word.length) > most || other < "0") continue;
    const steps = distance(word, other, most);
    if (steps < most) (most = steps), (found = []);
    if (steps === most) found.push(other);
  }
  return most ? found.slice(0, 4) : [];
}

// Letters that were left out, put in, changed, or changed places (optimal string alignment).
function distance(one, other, most) {
  let before = [], row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (one[i - 1] !== other[j - 1]));
      if (one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    if (Math.min(...next) > most) return most + 1;
    [before, row] = [row, next];
  }
  return row[other.length];
}

// For each word its patterns, any of which will do, and what is to be said of it.
function termsOf(query) {
  const typed = fold(query.slice(0, MOST_LETTERS)).split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);
  return typed.map((word, index) => {
    const own = pattern(word, index === typed.length - 1);
    if (isSomewhere(own)) return { word, patterns: [own] };
    const letters = [...word].slice(0, MOST_WORDS);
    const near = own.loose ? letters.slice(1).map((letter, at) => letters[at] + letter) : nearest(word);
    const patterns = near.map(each => ({ loose: own.loose, text: own.loose ? each : ` ${each} ` })).filter(isSomewhere);
    return { word, patterns, instead: own.loose ? [] : near };
  });
}

// --- what is found -------------------------------------------------------------------------------

// How often a text has it: a word that only begins so counts less.
function count(text, { text: wanted, loose }) {
  let sum = 0;
  for (let at = text.indexOf(wanted); at >= 0 && sum < 10; at = text.indexOf(wanted, at + 1)) {
    sum += loose || wanted.endsWith(" ") || text[at + wanted.length] === " " ? 1 : 0.4;
  }
  return sum;
}

const sumOf = (text, term) => term.patterns.reduce((sum, each) => sum + count(text, each), 0);

// Several words as they were typed, one behind the other; nothing has the sign for none.
const phraseOf = terms => (terms.length > 1 ? ` ${terms.map(term => term.word).join(" ")}` : "\0");

// The pages with the most of the words, the best first (BM25, with more for titles and phrases);
// and whether these have all of them.
function find(terms) {
  const mean = pages.reduce((sum, page) => sum + page.body.length, 1) / (pages.length || 1);
  const phrase = phraseOf(terms);
  const rows = pages.map(page => {
    const counts = terms.map(term => [page.name, page.head, page.body].map(text => sumOf(text, term)));
    return { page, counts, has: counts.filter(each => each.some(Boolean)).length, score: 0 };
  });
  const most = rows.reduce((most, row) => Math.max(most, row.has), 1);
  const rarity = terms.map((_, index) => {
    const held = rows.filter(row => row.counts[index].some(Boolean)).length;
    return Math.log(1 + (rows.length - held + 0.5) / (held + 0.5));
  });
  const found = rows.filter(row => row.has === most);
  for (const row of found) {
    const length = 1.2 * (0.25 + 0.75 * (row.page.body.length / mean));
    row.counts.forEach(([name, head, body], index) => {
      row.score += rarity[index] * (4 * Math.min(1, name) + 1.5 * Math.min(1, head) + body / (body + length));
    });
    row.score += row.page.name.includes(phrase) ? 20 : row.page.body.includes(phrase) ? 10 : 0;
  }
  found.sort((a, b) => b.score - a.score || (a.page.url < b.page.url ? -1 : 1));
  return { found: found.map(row => row.page), whole: most >= terms.length };
}

// Where in a text the phrase is, else the terms: whole words, in places of the text as it is written.
function rangesIn(text, terms) {
  let folded = " ";
  const places = [0];
  let at = 0;
  for (const letter of text) {
    for (const unit of plainOf(letter)) {
      if (unit === " " && folded.endsWith(" ")) continue;
      folded += unit;
      for (let each = 0; each < unit.length; each++) places.push(at);
    }
    at += letter.length;
  }
  folded += " ";
  places.push(at, at);
  const ranges = [];
  const whole = { text: phraseOf(terms), loose: false };
  const patterns = folded.includes(whole.text) ? [whole] : terms.flatMap(term => term.patterns);
  for (const { text: wanted, loose } of patterns) {
    for (let from = folded.indexOf(wanted); from >= 0; from = folded.indexOf(wanted, from + 1)) {
      const last = loose ? from + wanted.length : folded.indexOf(" ", from + wanted.trimEnd().length);
      ranges.push([places[loose ? from : from + 1], places[last]]);
    }
  }
  let reached = 0;
  ranges.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  return ranges.filter(([, end]) => end > reached && (reached = end));
}

// The lines of a page that have the most of what was typed, in their order.
function linesOf({ body, lines }, terms) {
  const phrase = phraseOf(terms);
  const rated = body.split("\n").map((folded, index) => {
    const has = terms.filter(term => sumOf(folded, term)).length;
    return { line: lines[index], index, rate: has + (folded.includes(phrase) ? 0.5 : 0) };
  });
  const best = Math.max(...rated.map(each => each.rate));
  return best ? rated.filter(each => each.rate === best).slice(0, MOST_LINES).map(each => each.line) : [];
}

globalThis.finder = { MOST_LETTERS, fold, take, termsOf, find, rangesIn, linesOf };
}
