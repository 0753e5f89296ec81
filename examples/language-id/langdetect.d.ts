declare module 'langdetect' {
  /** The languages of a text with their probabilities, the likeliest first; null for a text without letters. */
  export function detect(text: string): readonly { readonly lang: string; readonly prob: number }[] | null;
}
