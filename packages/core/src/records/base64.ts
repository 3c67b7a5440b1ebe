/**
 * The bytes of a file in base64 (RFC 4648, the URL-safe alphabet too), or of a data URL (RFC 2397)
 * in base64.
 *
 * @returns undefined where it is neither.
 */
export function decodeFile(text: string): Uint8Array | undefined {
  let encoded = text;
  if (text.startsWith("data:")) {
    const comma = text.indexOf(",");
    if (comma < 0 || !text.slice(0, comma).endsWith(";base64")) return undefined;
    encoded = text.slice(comma + 1);
  }
  return decodeBase64(encoded);
}

/** The bytes of base64, of either alphabet of RFC 4648; undefined where it is none. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const encoded = /[-_]/.test(text) ? text.replaceAll("-", "+").replaceAll("_", "/") : text;
  let binary: string;
  try {
    binary = atob(encoded);
  } catch {
    return undefined;
  }
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
