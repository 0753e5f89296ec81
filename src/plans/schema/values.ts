import * as z from 'zod/mini';

/** Any schema. None of zod's types leaves this folder's parent. */
export type Schema = z.ZodMiniType;

/** Made when it is first asked for: a schema at the top of a module would be made by everybody who imports anything. */
export function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** What the JSON Schema says of each part. A registry of our own: zod's is shared by the whole process. */
export const descriptions = lazily(() => z.registry<{ id?: string; description?: string }>());

/** The same schema with a name and a sentence for editors. */
export function named<S extends Schema>(id: string, description: string, schema: S): S {
  descriptions().add(schema, { id, description });
  return schema;
}

function described<S extends Schema>(description: string, schema: S): S {
  descriptions().add(schema, { description });
  return schema;
}

// The limits are here for editors, which show them while one types. Where they are passed, the message is that of the class.
export const text = lazily(() => z.string().check(z.minLength(1)));
export const flag = lazily(() => z.boolean());
export const number = lazily(() => z.number());
export const fraction = lazily(() => described('A fraction in [0, 1].', z.number().check(z.gte(0), z.lte(1))));
export const openFraction = lazily(() => described('A fraction in (0, 1).', z.number().check(z.gt(0), z.lt(1))));
export const positive = lazily(() => described('A number over 0.', z.number().check(z.gt(0))));
export const size = lazily(() => described('A number, 0 or more.', z.number().check(z.gte(0))));
export const duration = lazily(() => described('Milliseconds, 0 or more.', z.number().check(z.gte(0))));
export const count = lazily(() => described('A whole number, 0 or more.', z.int().check(z.gte(0))));
export const positiveCount = lazily(() => described('A whole number over 0.', z.int().check(z.gt(0))));

/** A function, which JSON has not, by its name in the `use` of `parsePlan`. */
export const use = lazily(() =>
  named('use', 'Something that the program has and JSON has not, by its name.', z.strictObject({ use: text() })),
);

export const optional = z.optional;
export const words = <const W extends readonly string[]>(...of: W) => z.enum(of);

/** An object with these keys, all of which may be left out. */
export function options<S extends Readonly<Record<string, Schema>>>(shape: S) {
  return Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, z.optional(schema)])) as {
    readonly [K in keyof S]: z.ZodMiniOptional<S[K]>;
  };
}

/** The keys of each kind of a union, but for the one that tells them apart. */
export function keysByKind(
  key: string,
  kinds: readonly { readonly shape: Readonly<Record<string, Schema>> }[],
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    kinds.flatMap(({ shape }) => {
      const kind = shape[key];
      const words = kind instanceof z.ZodMiniLiteral ? [...kind.def.values] : [];
      return words.map((word) => [String(word), Object.keys(shape).filter((name) => name !== key)] as const);
    }),
  );
}
