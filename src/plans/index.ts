export { type ParsedPlan, parsePlan, type ParsePlanOptions } from './parse-plan.js';
export { planJsonSchema } from './schema/plan.js';
