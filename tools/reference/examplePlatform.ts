import type { Platform, StepExample } from "@longshore/core/pipeline";
import { codePlatform, fileReader } from "../../packages/core/src/pipeline/exampleFrame.test.ts";
import { decodeImage } from "../../packages/server/src/data/decodeImage.ts";

/** What an example of a step needs of where it runs. */
export function examplePlatform({ modules = {}, files }: StepExample): Platform {
  return { ...codePlatform(modules), readFile: fileReader(files), readImage: decodeImage };
}
