/** The one part of jstat that is used; the package has no types of its own. */
declare module 'jstat' {
  const library: { readonly jStat: { readonly tukey: { cdf(q: number, groups: number, df: number): number } } };
  export default library;
}
