import { feedPlugin } from "@11ty/eleventy-plugin-rss";
import highlight from "@11ty/eleventy-plugin-syntaxhighlight";
import footnotes from "markdown-it-footnote";

export default function (eleventy) {
  eleventy.addPlugin(highlight);
  eleventy.addPlugin(feedPlugin, {
    type: "atom",
    outputPath: "/feed.xml",
    collection: { name: "posts", limit: 20 },
    metadata: { title: "Bench", language: "en", base: "https://blog.example/", author: { name: "Nobody" } },
  });
  eleventy.amendLibrary("md", (markdown) => markdown.use(footnotes));
  eleventy.addCollection("posts", (all) => all.getFilteredByGlob("posts/*.md"));
  eleventy.addCollection("byTag", (all) => {
    const tags = new Map();
    for (const post of all.getFilteredByGlob("posts/*.md").reverse())
      for (const tag of post.data.tags) tags.has(tag) ? tags.get(tag).push(post) : tags.set(tag, [post]);
    return [...tags].sort().map(([name, posts]) => ({ name, posts }));
  });
  eleventy.addFilter("day", (date) => date.toISOString().slice(0, 10));
  return { markdownTemplateEngine: false, htmlTemplateEngine: "njk" };
}
