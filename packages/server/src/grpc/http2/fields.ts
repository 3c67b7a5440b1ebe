/** A header field. */
export interface Field {
  readonly name: string;
  readonly value: string;
  /** What it takes of a table's size, and of a list's. Source: RFC 7541, section 4.1. */
  readonly size: number;
  /** Whether a request may have it at all. Said here, as the same field comes again and again. */
  readonly isValid: boolean;
}

const PSEUDO = /^:(?:method|scheme|path|authority)$/;
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** Fields of a connection of HTTP/1, which messages of HTTP/2 may not have. */
const OF_CONNECTIONS = /^(?:connection|keep-alive|proxy-connection|transfer-encoding|upgrade)$/;
// oxlint-disable-next-line no-control-regex
const VALUE = /^(?:[^\0\r\n\t ](?:[^\0\r\n]*[^\0\r\n\t ])?)?$/;

/** Source of what is valid: RFC 9113, sections 8.2 and 8.3. */
export function toField(name: string, value: string): Field {
  const isName = name.startsWith(":")
    ? PSEUDO.test(name)
    : NAME.test(name) && !OF_CONNECTIONS.test(name) && (name !== "te" || value === "trailers");
  const size = name.length + value.length + 32;
  return { name, value, size, isValid: isName && VALUE.test(value) };
}

/** The fields that every connection knows, the first under index 1. Source: RFC 7541, appendix A. */
export const STATIC_TABLE: readonly Field[] = [
  ":authority",
  ":method GET",
  ":method POST",
  ":path /",
  ":path /index.html",
  ":scheme http",
  ":scheme https",
  ":status 200",
  ":status 204",
  ":status 206",
  ":status 304",
  ":status 400",
  ":status 404",
  ":status 500",
  "accept-charset",
  "accept-encoding gzip, deflate",
  "accept-language",
  "accept-ranges",
  "accept",
  "access-control-allow-origin",
  "age",
  "allow",
  "authorization",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-range",
  "content-type",
  "cookie",
  "date",
  "etag",
  "expect",
  "expires",
  "from",
  "host",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "last-modified",
  "link",
  "location",
  "max-forwards",
  "proxy-authenticate",
  "proxy-authorization",
  "range",
  "referer",
  "refresh",
  "retry-after",
  "server",
  "set-cookie",
  "strict-transport-security",
  "transfer-encoding",
  "user-agent",
  "vary",
  "via",
  "www-authenticate",
].map((line) => {
  const [name, ...value] = line.split(" ");
  return toField(name!, value.join(" "));
});
