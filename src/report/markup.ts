/** Attributes of an element. Those that are undefined are left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
// What XML has no place for, not even escaped: control characters, halves of a surrogate pair, non-characters. And the signs that turn
// the direction of a text, by which a name could rewrite the sentence around it.
const forbidden = /(?![\t\n\r])\p{Cc}|\p{Surrogate}|[\ufffe\uffff\u202a-\u202e\u2066-\u2069]/gu;

/** Any text without what no document may hold. */
export function cleaned(text: string): string {
  return text.replaceAll(forbidden, '\ufffd');
}

/** Any text, as it may stand in the content and in the attributes of HTML and SVG. */
export function escaped(text: string): string {
  return cleaned(text).replaceAll(/[&<>"']/g, (sign) => entities[sign] as string);
}

/** A number as it stands in a drawing: two digits are finer than any screen. */
export function digits(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** An element of SVG or HTML. Attributes are escaped here; what is inside is markup already. */
export function element(name: string, attributes: Attributes, inside: string | readonly string[] = ''): string {
  const written = Object.entries(attributes)
    .filter((entry): entry is [string, string | number] => entry[1] !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? digits(value) : escaped(value)}"`)
    .join('');
  const content = typeof inside === 'string' ? inside : inside.join('');
  return content === '' && isEmpty.has(name) ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

const isEmpty = new Set(['line', 'rect', 'circle', 'path', 'meta']);
