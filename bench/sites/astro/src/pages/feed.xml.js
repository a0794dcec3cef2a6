import rss from "@astrojs/rss";
import { newest } from "../posts.js";

export async function GET({ site }) {
  const items = (await newest()).slice(0, 20).map(({ id, data }) => ({
    title: data.title,
    description: data.description,
    pubDate: data.date,
    link: `/posts/${id}/`,
  }));
  return rss({ title: "Bench", description: "The same posts for every tool.", site, items });
}
