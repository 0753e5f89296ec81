import type { Json, JsonObject } from '../../src/core/json.js';
import { canonicalJson } from '../../src/core/json.js';

/**
 * A validator of the part of JSON Schema (draft 2020-12) that the published schema uses, written from the specification and apart
 * from zod, whose output it holds to account. A keyword that it does not know is an error, never ignored.
 */
export function isValid(schema: Json, value: Json, root: Json = schema): boolean {
  if (typeof schema === 'boolean') return schema;
  const rules = Object.entries(schema as JsonObject);
  return rules.every(([keyword, operand]) => {
    const rule = keywords[keyword];
    if (rule === undefined) throw new Error(`The keyword ${keyword} is not known.`);
    return rule(operand as never, value, schema as JsonObject, root);
  });
}

type Rule = (operand: never, value: Json, schema: JsonObject, root: Json) => boolean;

const isNumber = (value: Json): value is number => typeof value === 'number';
const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const equal = (a: Json, b: Json) => canonicalJson(a) === canonicalJson(b);
const annotation: Rule = () => true;

const types: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: isNumber,
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: Array.isArray,
  object: isObject,
};

function resolved(reference: string, root: Json): Json {
  const steps = reference.split('/').slice(1);
  return steps.reduce<Json>((at, step) => (at as JsonObject)[step] as Json, root);
}

const keywords: Readonly<Record<string, Rule>> = {
  $schema: annotation,
  $defs: annotation,
  id: annotation,
  title: annotation,
  description: annotation,
  $ref: (reference: string, value, _, root) => isValid(resolved(reference, root), value, root),
  type: (type: string, value) => types[type]?.(value) === true,
  const: (wanted: Json, value) => equal(wanted, value),
  enum: (wanted: readonly Json[], value) => wanted.some((one) => equal(one, value)),
  anyOf: (schemas: readonly Json[], value, _, root) => schemas.some((schema) => isValid(schema, value, root)),
  oneOf: (schemas: readonly Json[], value, _, root) =>
    schemas.filter((schema) => isValid(schema, value, root)).length === 1,
  minimum: (least: number, value) => !isNumber(value) || value >= least,
  exclusiveMinimum: (bound: number, value) => !isNumber(value) || value > bound,
  maximum: (most: number, value) => !isNumber(value) || value <= most,
  exclusiveMaximum: (bound: number, value) => !isNumber(value) || value < bound,
  minLength: (least: number, value) => typeof value !== 'string' || value.length >= least,
  pattern: (pattern: string, value) => typeof value !== 'string' || new RegExp(pattern, 'u').test(value),
  minItems: (least: number, value) => !Array.isArray(value) || value.length >= least,
  maxItems: (most: number, value) => !Array.isArray(value) || value.length <= most,
  prefixItems: (schemas: readonly Json[], value, _, root) =>
    !Array.isArray(value) ||
    value.slice(0, schemas.length).every((item: Json, index) => isValid(schemas[index] as Json, item, root)),
  items: (schema: Json, value, { prefixItems = [] }, root) =>
    !Array.isArray(value) ||
    value.slice((prefixItems as readonly Json[]).length).every((item: Json) => isValid(schema, item, root)),
  required: (keys: readonly string[], value) => !isObject(value) || keys.every((key) => Object.hasOwn(value, key)),
  properties: (schemas: JsonObject, value, _, root) =>
    !isObject(value) ||
    Object.entries(schemas).every(
      ([key, schema]) => !Object.hasOwn(value, key) || isValid(schema, value[key] as Json, root),
    ),
  propertyNames: (schema: Json, value, _, root) =>
    !isObject(value) || Object.keys(value).every((key) => isValid(schema, key, root)),
  additionalProperties: (schema: Json, value, { properties = {} }, root) =>
    !isObject(value) ||
    Object.keys(value).every(
      (key) => Object.hasOwn(properties as JsonObject, key) || isValid(schema, value[key] as Json, root),
    ),
};
