/** The package has no types; its only export is the default one, since it is CommonJS behind a wrapper. */
declare module 'murmurhash3js-revisited' {
  const murmurHash3: { readonly x86: { hash32(bytes: Uint8Array | readonly number[], seed?: number): number } };
  export default murmurHash3;
}
