import { getCollection } from "astro:content";

export const newest = async () => (await getCollection("posts")).sort((a, b) => b.data.date - a.data.date);

export const day = (date) => date.toISOString().slice(0, 10);

export async function byTag() {
  const tags = new Map();
  for (const post of await newest())
    for (const tag of post.data.tags) tags.has(tag) ? tags.get(tag).push(post) : tags.set(tag, [post]);
  return [...tags].sort();
}
