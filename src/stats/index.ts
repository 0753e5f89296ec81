export { normal } from './distributions/normal.js';
