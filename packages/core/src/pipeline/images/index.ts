/** What platforms read images with. */
export * from "./filters.ts";
export * from "./formImage.ts";
export * from "./geometry.ts";
export * from "./resize.ts";
