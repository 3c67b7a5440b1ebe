/** What went wrong, in words, of whatever was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof Error && error.message !== "") return error.message;
  try {
    return String(error);
  } catch {
    return "an error without words"; // Its conversion to a string throws, too.
  }
}
