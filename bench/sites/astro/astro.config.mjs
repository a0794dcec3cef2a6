import sitemap from "@astrojs/sitemap";
import { defineConfig } from "astro/config";

export default defineConfig({ site: "https://blog.example", integrations: [sitemap()], devToolbar: { enabled: false } });
