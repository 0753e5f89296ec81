/** Base64 with the alphabet for URLs and without padding (RFC 4648, section 5), of a text in ASCII. */
export function toBase64Url(ascii: string): string {
  return btoa(ascii).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The ASCII text that `toBase64Url` was given, or `undefined` for what it could not have written. */
export function fromBase64Url(encoded: string): string | undefined {
  if (!/^[\w-]+$/.test(encoded) || encoded.length % 4 === 1) return undefined;
  const ascii = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
  // Re-encoding refuses the several spellings that the unused bits of the last letter allow, and bytes beyond ASCII.
  return /^[\x20-\x7e]*$/.test(ascii) && toBase64Url(ascii) === encoded ? ascii : undefined;
}

/** JSON in ASCII only: a browser's btoa takes no other letters, and JSON has an escape for each of them. */
export function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
